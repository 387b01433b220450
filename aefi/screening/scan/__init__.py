"""Scan statistics: over trees, over time, and over zones and time without denominators."""

from aefi.screening.scan.contrast import contrast_scan
from aefi.screening.scan.hierarchy import CutKind
from aefi.screening.scan.space_time import space_time_permutation_scan
from aefi.screening.scan.temporal import PValue, temporal_scan
from aefi.screening.scan.tree import Method, Model, tree_scan
from aefi.screening.scan.tree_temporal import tree_temporal_scan

__all__ = [
    "CutKind",
    "Method",
    "Model",
    "PValue",
    "contrast_scan",
    "space_time_permutation_scan",
    "temporal_scan",
    "tree_scan",
    "tree_temporal_scan",
]
