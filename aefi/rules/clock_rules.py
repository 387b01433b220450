"""The legal clocks of a case as dated rows, national and local. Pure data.

A row is never edited after its first day: a changed limit ends the row and starts another. A row of
a smaller jurisdiction replaces the national row of the same code. Basis and approval of each row:
docs/sources.md#clock-rules.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

NATIONAL = ""
"""The jurisdiction of a row that holds everywhere; others are the first digits of county codes."""


class Grave(StrEnum):
    """What turns an ordinary case into one that is reported within hours."""

    DEATH = "death"
    SERIOUS_DISABILITY = "serious_disability"
    GROUP = "group"
    PUBLIC_CONCERN = "public_concern"


class Fact(StrEnum):
    """A recorded instant from which a clock may run."""

    DISCOVERED = "discovered"
    REPORT_RECEIVED = "report_received"
    INVESTIGATION_NEEDED = "investigation_needed"
    INVESTIGATION_STARTED = "investigation_started"
    SITE_INVESTIGATION_ENDED = "site_investigation_ended"
    QUALITY_SUSPECTED = "quality_suspected"
    EMERGENCY_KNOWN = "emergency_known"
    EMERGENCY_AT_COUNTY_HEALTH = "emergency_at_county_health"
    EMERGENCY_AT_COUNTY_GOVERNMENT = "emergency_at_county_government"
    EMERGENCY_AT_PREFECTURE = "emergency_at_prefecture"
    EMERGENCY_AT_PROVINCE = "emergency_at_province"


class Proof(StrEnum):
    """What shows that a duty was done; nothing else stops a clock."""

    CARD_ACCEPTED = "card_accepted"
    HEALTH_ADMINISTRATION_TOLD = "health_administration_told"
    DRUG_REGULATOR_TOLD = "drug_regulator_told"
    ONLINE_REPORT = "online_report"
    INVESTIGATION_STARTED = "investigation_started"
    INVESTIGATION_FORM_FILED = "investigation_form_filed"
    PRELIMINARY_REPORT_SENT = "preliminary_report_sent"
    PANEL_CONCLUSION = "panel_conclusion"
    SITE_REPORT_SENT = "site_report_sent"
    USE_STOPPED = "use_stopped"
    COUNTY_HEALTH_INFORMED = "county_health_informed"
    COUNTY_GOVERNMENT_INFORMED = "county_government_informed"
    PREFECTURE_INFORMED = "prefecture_informed"
    PROVINCE_INFORMED = "province_informed"
    MINISTRY_INFORMED = "ministry_informed"


class Basis(StrEnum):
    """How well a row is founded; anything but `opened` asks for an officer's word before use."""

    OPENED = "opened"
    PROVINCIAL = "provincial"
    GENERAL = "general"


@dataclass(frozen=True)
class ClockRule:
    """One duty with its limit. Either `limit` (elapsed time) or `working_days` counts.

    `is_per_grave_kind` starts one clock for each grave kind, at the instant that kind was known;
    `only_if_grave` and `only_if_investigated` leave other cases without the clock.
    """

    code: str
    task: str
    starts_on: Fact | None
    stops_on: tuple[Proof, ...]
    limit: timedelta = timedelta(0)
    working_days: int = 0
    jurisdiction: str = NATIONAL
    valid_from: date = date(2010, 1, 1)
    valid_to: date | None = None
    basis: Basis = Basis.OPENED
    is_per_grave_kind: bool = False
    only_if_grave: bool = False
    only_if_investigated: bool = False

    @property
    def id(self) -> str:
        """Return the key under which a running clock remembers its row."""
        return f"{self.jurisdiction or 'CN'}-{self.code}-{self.valid_from:%Y%m%d}"


AT_ONCE = timedelta(0)
TWO_HOURS = timedelta(hours=2)
EMERGENCY_ORDINANCE = date(2011, 1, 8)

CASE_RULES = (
    ClockRule(
        "R48",
        "Send the report card to the county CDC.",
        Fact.DISCOVERED,
        (Proof.CARD_ACCEPTED,),
        timedelta(hours=48),
    ),
    ClockRule(
        "R2",
        "Tell health administration, drug regulator and county CDC.",
        None,
        (
            Proof.HEALTH_ADMINISTRATION_TOLD,
            Proof.DRUG_REGULATOR_TOLD,
            Proof.CARD_ACCEPTED,
        ),
        TWO_HOURS,
        is_per_grave_kind=True,
    ),
    ClockRule(
        "V",
        "Verify the report and enter it online.",
        Fact.REPORT_RECEIVED,
        (Proof.ONLINE_REPORT,),
        AT_ONCE,
        basis=Basis.GENERAL,
    ),
    ClockRule(
        "I48",
        "Start the investigation.",
        Fact.REPORT_RECEIVED,
        (Proof.INVESTIGATION_STARTED,),
        timedelta(hours=48),
        only_if_investigated=True,
    ),
    ClockRule(
        "F3",
        "Complete the investigation form and file it online.",
        Fact.INVESTIGATION_STARTED,
        (Proof.INVESTIGATION_FORM_FILED,),
        timedelta(days=3),
    ),
    ClockRule(
        "P7",
        "Send the preliminary investigation report.",
        Fact.INVESTIGATION_STARTED,
        (Proof.PRELIMINARY_REPORT_SENT,),
        timedelta(days=7),
        basis=Basis.GENERAL,
        only_if_grave=True,
    ),
    ClockRule(
        "C30",
        "Have the expert panel conclude.",
        Fact.SITE_INVESTIGATION_ENDED,
        (Proof.PANEL_CONCLUSION,),
        timedelta(days=30),
        basis=Basis.PROVINCIAL,
    ),
    ClockRule(
        "W5",
        "Send the site investigation report.",
        Fact.SITE_INVESTIGATION_ENDED,
        (Proof.SITE_REPORT_SENT,),
        working_days=5,
        basis=Basis.PROVINCIAL,
    ),
    ClockRule(
        "S",
        "Stop the use of the vaccine, keep it apart and report.",
        Fact.QUALITY_SUSPECTED,
        (Proof.USE_STOPPED,),
        AT_ONCE,
        valid_from=date(2019, 12, 1),
    ),
)

EMERGENCY_RULES = tuple(
    ClockRule(code, task, start, (proof,), timedelta(hours=hours), valid_from=EMERGENCY_ORDINANCE)
    for code, task, start, proof, hours in (
        (
            "E2.1",
            "Inform the county health administration.",
            Fact.EMERGENCY_KNOWN,
            Proof.COUNTY_HEALTH_INFORMED,
            2,
        ),
        (
            "E2.2",
            "Inform the county government.",
            Fact.EMERGENCY_AT_COUNTY_HEALTH,
            Proof.COUNTY_GOVERNMENT_INFORMED,
            2,
        ),
        (
            "E2.3",
            "Inform the prefecture government.",
            Fact.EMERGENCY_AT_COUNTY_GOVERNMENT,
            Proof.PREFECTURE_INFORMED,
            2,
        ),
        (
            "E2.4",
            "Inform the provincial government.",
            Fact.EMERGENCY_AT_PREFECTURE,
            Proof.PROVINCE_INFORMED,
            2,
        ),
        ("E2.5", "Inform the ministry.", Fact.EMERGENCY_AT_PROVINCE, Proof.MINISTRY_INFORMED, 1),
    )
)

LOCAL_RULES = (
    ClockRule(
        "R48",
        "Send the report card to the county CDC (within 2 hours here).",
        Fact.DISCOVERED,
        (Proof.CARD_ACCEPTED,),
        TWO_HOURS,
        jurisdiction="3706",
        valid_from=date(2025, 5, 20),
    ),
)

CLOCK_RULES = CASE_RULES + EMERGENCY_RULES + LOCAL_RULES
"""Every row that ships. An installation adds its own. Source: docs/sources.md#clock-rules."""
