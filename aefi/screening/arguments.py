"""Arguments of the screening functions: checked float64 arrays of one shape, scalars given back."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]


def non_negative(**named: ArrayLike) -> list[FloatArray]:
    """Return the arguments as float64 arrays of one shape; none may be negative or not finite."""
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in named.items()}
    for name, array in arrays.items():
        refuse(name, array, ~np.isfinite(array), "must be finite: leave out what is unknown")
        refuse(name, array, array < 0, "must not be negative: pass counts or amounts from 0 up")
    return list(np.broadcast_arrays(*arrays.values()))


def whole(**named: ArrayLike) -> list[FloatArray]:
    """Return the arguments as float64 arrays of one shape; each must be whole, from 0 up."""
    arrays = non_negative(**named)
    for name, array in zip(named, arrays, strict=True):
        refuse(name, array, array != np.floor(array), "must be whole: pass counts, not weights")
    return arrays


def refuse(name: str, array: FloatArray, wrong: NDArray[np.bool_], reason: str) -> None:
    """Raise ValueError with the first wrong number and what to do about it."""
    if wrong.any():
        raise ValueError(f"{name} {reason} (got {array[wrong].flat[0]:g})")


def as_given(array: NDArray[Any]) -> Any:
    """Return a Python scalar for a result without dimensions, the array itself otherwise."""
    return array.item() if array.ndim == 0 else array


def checked_alpha(alpha: float) -> float:
    """Return alpha; it must lie strictly between 0 and 1."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, for example 0.05 (got {alpha:g})")
    return float(alpha)


def checked_amount(name: str, value: float, *, least: float = 0.0) -> float:
    """Return a finite number above `least`."""
    if not (np.isfinite(value) and value > least):
        raise ValueError(f"{name} must be a finite number above {least:g} (got {value:g})")
    return float(value)


def checked_count(name: str, value: float) -> int:
    """Return a whole number of at least 1."""
    if not (np.isfinite(value) and value >= 1 and value == int(value)):
        raise ValueError(f"{name} must be a whole number of at least 1 (got {value:g})")
    return int(value)
