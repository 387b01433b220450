"""Charts of a run as SVG with real text. Hatch and shape say what colour says."""

import warnings
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from aefi.screening.disproportionality import observed_to_expected
from aefi.screening.findings import Course, Pictures, Points, Screening

FONTS = ("Noto Sans CJK SC", "DejaVu Sans")
STYLE: dict[str, Any] = {
    "font.family": list(FONTS),
    "svg.fonttype": "none",
    "svg.hashsalt": "aefi-watch",
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9,
    "hatch.linewidth": 0.6,
}
HIGH, PLAIN, LINE = "#b3261e", "#5b6b7b", "#1d4e89"
LIMITS = ((0.05, "95 %", "--"), (0.002, "99.8 %", ":"))
MOST_FOREST, MOST_NAMED = 15, 5
HOT, VERY_HOT = 2.0, 4.0
"""Ratios from which a square is hatched once and twice; fewer than 3 reports are left plain."""
LEAST_HATCHED = 3
EVENT_NAMES = {"any": "报告 reports", "serious": "严重报告 serious reports"}


class MissingGlyph(RuntimeError):
    """A chart holds a character that no named font can draw."""


def charts(screening: Screening) -> dict[str, bytes]:
    """Return every chart by name as SVG; those without anything to show are left out."""
    pictures = screening.pictures
    drawn = {
        "forest": forest(screening) if screening.signals else None,
        "heat": heat_map(pictures) if pictures.heat.names and len(pictures.ages) > 0 else None,
        "funnel": funnel(pictures) if pictures.lots.names else None,
        "volcano": volcano(pictures) if pictures.cells.names else None,
        "weeks": weeks(pictures) if pictures.weeks else None,
        "course": course(pictures.course) if pictures.course else None,
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def svg(figure: Figure) -> bytes:
    """Return the figure as SVG.

    :raises MissingGlyph: when a character cannot be drawn.
    """
    out = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*missing from font.*")
        warnings.filterwarnings("error", message=".*glyph.*")
        try:
            figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None})
        except UserWarning as error:
            raise MissingGlyph(str(error)) from error
    return out.getvalue()


def forest(screening: Screening) -> bytes:
    """Draw the first signals with their ratios and exact 95 % limits."""
    signals = screening.signals[:MOST_FOREST][::-1]
    observed = np.array([s.observed for s in signals], dtype=float)
    expected = np.maximum([s.expected for s in signals], 1e-3)
    ratio = observed_to_expected(observed, expected)
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 1.2 + 0.34 * len(signals)))
        axes = figure.add_subplot()
        place = np.arange(len(signals))
        errors = np.vstack([ratio.value - ratio.low, ratio.high - ratio.value])
        axes.errorbar(ratio.value, place, xerr=errors, fmt="s", color=LINE, capsize=3, markersize=4)
        axes.axvline(1.0, color=PLAIN, linewidth=0.8)
        axes.set_xscale("log")
        names = [f"{shortened(s.name)}  (n = {s.observed})" for s in signals]
        axes.set_yticks(place, names)
        axes.set_xlabel(
            "观察 / 预期（倍，95% 确切区间） observed / expected (ratio, exact 95 % limits)"
        )
        return svg(figure)


def heat_map(pictures: Pictures) -> bytes:
    """Draw lots by age groups, coloured and hatched by observed over expected."""
    shape = (len(pictures.heat_lots), len(pictures.ages))
    seen = np.array(pictures.heat.observed).reshape(shape)
    mean = np.array(pictures.heat.expected).reshape(shape)
    ratio = np.divide(seen, mean, out=np.full(shape, np.nan), where=mean > 0)
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 1.6 + 0.3 * shape[0]))
        axes = figure.add_subplot()
        logs = np.log2(np.clip(np.where(np.isnan(ratio), 1.0, ratio), 0.25, 4.0))
        image = axes.pcolormesh(logs, cmap="RdBu_r", vmin=-2, vmax=2, edgecolors="white")
        for row, column in np.ndindex(shape):
            _square(axes, row, column, seen[row, column], ratio[row, column])
        axes.set_xticks(np.arange(shape[1]) + 0.5, pictures.ages)
        axes.set_yticks(np.arange(shape[0]) + 0.5, [shortened(lot) for lot in pictures.heat_lots])
        event = EVENT_NAMES[pictures.event]
        axes.set_xlabel(f"年龄组（岁） age group (years); 格中 n = {event}")
        bar = figure.colorbar(image, ax=axes, ticks=[-2, -1, 0, 1, 2])
        bar.ax.set_yticklabels(["≤ 1/4", "1/2", "1", "2", "≥ 4"])
        bar.set_label("观察 / 预期（倍） observed / expected (ratio)")
        return svg(figure)


def funnel(pictures: Pictures) -> bytes:
    """Draw every lot's ratio over its expected count, with exact Poisson limits."""
    seen, mean = np.array(pictures.lots.observed), np.array(pictures.lots.expected)
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 4.2))
        axes = figure.add_subplot()
        grid = np.geomspace(max(mean.min(), 0.05), mean.max() * 1.1 + 0.1, 200)
        for share, label, line in LIMITS:
            for tail in (share / 2, 1 - share / 2):
                limit = stats.poisson.ppf(tail, grid) / grid
                name = f"{label} 界限 limits" if tail > 0.5 else None
                axes.plot(grid, limit, line, color=PLAIN, linewidth=1, label=name)
        outside = stats.poisson.sf(seen - 1, mean) < LIMITS[1][0] / 2
        axes.plot(mean[~outside], (seen / mean)[~outside], "o", color=LINE, markersize=3)
        high = "高于 99.8 % above 99.8 %"
        axes.plot(mean[outside], (seen / mean)[outside], "^", color=HIGH, markersize=6, label=high)
        _name_largest(axes, pictures.lots, np.flatnonzero(outside))
        axes.set_xscale("log")
        axes.set_ylim(0, max(3.0, float((seen / mean)[mean > 0.5].max(initial=2.0)) * 1.15))
        axes.set_xlabel(
            f"预期例数（例） expected {pictures.event} reports (count); n = {seen.size} 批 lots"
        )
        axes.set_ylabel("观察 / 预期（倍） observed / expected (ratio)")
        axes.legend(frameon=False, fontsize=8)
        return svg(figure)


def volcano(pictures: Pictures) -> bytes:
    """Draw every cell of lot and reaction: how large against how unlikely."""
    seen, mean = np.array(pictures.cells.observed), np.array(pictures.cells.expected)
    p = np.maximum(np.array(pictures.cells_p), 1e-300)
    ratio = np.log2(np.maximum(seen, 0.5) / np.maximum(mean, 1e-6))
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 4.2))
        axes = figure.add_subplot()
        axes.plot(ratio, -np.log10(p), ".", color=LINE, markersize=3, alpha=0.5, rasterized=False)
        best = np.argsort(p, kind="stable")[:MOST_NAMED]
        axes.plot(ratio[best], -np.log10(p[best]), "^", color=HIGH, markersize=6)
        for cell in best:
            name = shortened(pictures.cells.names[cell])
            axes.annotate(
                name,
                (ratio[cell], -np.log10(p[cell])),
                fontsize=7,
                xytext=(4, 2),
                textcoords="offset points",
                ha="right" if ratio[cell] > 3 else "left",
            )
        axes.set_xlabel("log2（观察 / 预期） log2(observed / expected)")
        axes.set_ylabel(f"-log10 p; n = {seen.size} 格 cells")
        return svg(figure)


def weeks(pictures: Pictures) -> bytes:
    """Draw reports by week of vaccination, those of the best signal on top."""
    place = np.arange(len(pictures.weeks))
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 3.4))
        axes = figure.add_subplot()
        many, its = sum(pictures.all_reports), sum(pictures.best_reports)
        axes.bar(
            place, pictures.all_reports, color="#c5ced8", label=f"全部报告 all reports, n = {many}"
        )
        label = f"首位信号 best signal, n = {its}"
        axes.bar(
            place, pictures.best_reports, color=HIGH, hatch="///", edgecolor="white", label=label
        )
        if any(pictures.waves):
            at = place[np.array(pictures.waves)]
            label = "多于前七周 above the seven weeks before (EARS C2)"
            high = 1.2 * np.array(pictures.all_reports)[at]
            axes.plot(at, high, "v", color=LINE, ms=5, ls="", label=label)
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        step = max(1, len(place) // 10)
        axes.set_xticks(place[::step], pictures.weeks[::step], rotation=30, ha="right")
        axes.set_xlabel("接种周（周一的日期） week of vaccination (date of its Monday)")
        axes.set_ylabel("报告（份） reports (count)")
        axes.legend(frameon=False, fontsize=8)
        return svg(figure)


def course(found: Course) -> bytes:
    """Draw how a signal grew, beside what was expected and the boundary of a sequential test."""
    place = np.arange(len(found.periods))
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 3.6))
        axes = figure.add_subplot()
        axes.step(
            place,
            found.boundary,
            where="mid",
            color=LINE,
            ls="--",
            label="序贯界值 sequential boundary",
        )
        axes.plot(place, found.expected, color=PLAIN, ls=":", label="累计预期 expected so far")
        label = f"累计观察 observed so far, n = {found.observed[-1]:.0f}"
        axes.plot(place, found.observed, color=HIGH, marker="o", ms=3, label=label)
        if found.crossed:
            at = found.periods.index(found.crossed)
            axes.annotate(
                "越界 crossed",
                (at, found.observed[at]),
                (-8, 10),
                ha="right",
                textcoords="offset points",
            )
        step = max(1, len(place) // 10)
        axes.set_xticks(place[::step], found.periods[::step], rotation=30, ha="right")
        axes.set_title(shortened(found.name), fontsize=9, loc="left")
        axes.set_xlabel("接种时段（首日） period of vaccination (its first day)")
        axes.set_ylabel("报告（份） reports (count)")
        axes.legend(frameon=False, fontsize=8)
        return svg(figure)


def shortened(name: str, most: int = 48) -> str:
    """Return a name that fits beside an axis."""
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}"


def _square(axes: Axes, row: int, column: int, seen: float, ratio: float) -> None:
    """Write the count and hatch a square that is high."""
    is_dark = not np.isnan(ratio) and seen > 0 and not 0.4 < ratio < 2.6
    colour = "white" if is_dark else "black"
    axes.text(
        column + 0.5, row + 0.5, f"{seen:.0f}", ha="center", va="center", color=colour, fontsize=7
    )
    if seen >= LEAST_HATCHED and ratio >= HOT:
        hatch = "xxx" if ratio >= VERY_HOT else "///"
        axes.fill_between(
            [column, column + 1],
            row,
            row + 1,
            facecolor="none",
            hatch=hatch,
            edgecolor="#555555",
            linewidth=0,
        )


def _name_largest(axes: Axes, points: Points, chosen: np.ndarray[Any, Any]) -> None:
    ratio = np.array(points.observed) / np.array(points.expected)
    for place in chosen[np.argsort(-np.array(points.observed)[chosen], kind="stable")][:MOST_NAMED]:
        at = (points.expected[place], ratio[place])
        axes.annotate(
            shortened(points.names[place], 30),
            at,
            fontsize=7,
            xytext=(5, 3),
            textcoords="offset points",
        )
