"""The rows of `observation`: lots, recipients and parties, doses, observations, reactions."""

from observation.models.lots import Lot, LotIssue, Vaccine
from observation.models.people import DocumentKind, Party, PersonMerge, Recipient, Sex
from observation.models.reactions import PersonKind, Reaction, ReactionVersion, StressSubtype
from observation.models.stations import StationStop
from observation.models.watch import (
    BodySite,
    Dose,
    EndKind,
    MusterMark,
    Observation,
    PastDose,
    Route,
)

__all__ = [
    "BodySite",
    "DocumentKind",
    "Dose",
    "EndKind",
    "Lot",
    "LotIssue",
    "MusterMark",
    "Observation",
    "Party",
    "PastDose",
    "PersonKind",
    "PersonMerge",
    "Reaction",
    "ReactionVersion",
    "Recipient",
    "Route",
    "Sex",
    "StationStop",
    "StressSubtype",
    "Vaccine",
]
