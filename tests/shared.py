"""Where tests find the public data kept beside the checkout; it is never part of the project."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def shared(path: str) -> Path:
    """Return the file `path` of the data folder, or skip the test where the folder lacks it."""
    root = Path(os.environ.get("AEFI_SHARED", CHECKOUT.parent / "shared"))
    if not (root / path).exists():
        pytest.skip(f"no {root / path}: put the data folder beside the checkout or set AEFI_SHARED")
    return root / path
