"""The signals that the statistics found as rows: their names turned back into lots and sites."""

from dataclasses import replace
from typing import Any

from aefi.models import ScreeningRun, Signal
from aefi.screening import export, findings, wording
from aefi.services.screening_facts import Labels
from aefi.services.sign_words import in_english, sign_words
from observation.models import Lot

KEPT = (
    "strata",
    "without",
    "masked_by",
    "gone_below",
    "cases",
    "window",
    "covers",
    "not_compared",
    "eb05",
    "per_100_000_doses",
    "score",
    "modelled",
)


def signal_rows(run: ScreeningRun, found: findings.Screening, labels: Labels) -> list[Signal]:
    """Return the rows of a run's signals, best first, yet to be stored."""
    lots = {lot.pk: str(lot.uuid) for lot in Lot.objects.filter(pk__in=labels.lots.values())}
    levels = {str(one.family): one.level for one in found.families}
    return [
        Signal(
            run=run,
            rank=rank,
            error_control=levels[signal.family],
            cluster=_cluster(signal, labels, lots),
            **_about(signal, labels),
            **_numbers(signal, rank, labels),
        )
        for rank, signal in enumerate(found.signals, start=1)
    ]


def _about(signal: findings.Signal, labels: Labels) -> dict[str, Any]:
    target = dict(signal.target)
    return {
        "kind": signal.family[:80],
        "lot_id": labels.lots.get(target.get("lot", "")),
        "site_id": labels.site_of(target.get("site", "")),
        "session_id": labels.session_of(target.get("session", "")),
        "age_group": target.get("age_group", "")[:20],
        "reaction": signal.event[:60],
    }


def _numbers(signal: findings.Signal, rank: int, labels: Labels) -> dict[str, Any]:
    values, words = export.signal_values(signal, rank), _words(signal)
    evidence = {name: values.get(name) for name in KEPT}
    evidence |= {"target": [list(pair) for pair in signal.target]}
    if modelled := wording.modelled_line(signal):
        evidence |= {"model_zh": modelled.zh, "model_en": modelled.en}
    evidence |= {"end_zh": words["end_zh"]}
    evidence |= {"end_en": in_english(words["end_en"], labels.english)}
    return {
        "observed": signal.observed,
        "expected": signal.expected,
        "crude_expected": signal.crude_expected,
        "statistic": values["ratio"],
        "lower_bound": signal.ic025,
        "p": signal.p,
        "q": signal.q,
        "doses": signal.size,
        "serious": signal.serious,
        "sentence_zh": words["why_zh"],
        "sentence_en": in_english(words["why_en"], labels.english),
        "evidence": evidence,
    }


def _words(signal: findings.Signal) -> dict[str, str]:
    """Return why it is listed and what would end it, with the sign in words."""
    said: dict[str, str] = {}
    for language, locale in (("zh", "zh-hans"), ("en", "en")):
        is_sign = signal.event not in wording.EVENTS
        event = sign_words(signal.event, locale) if is_sign else signal.event
        named = replace(signal, event=event)
        said[f"why_{language}"] = getattr(wording.why(named), language)
        said[f"end_{language}"] = getattr(wording.end_of(named), language)
    return said


def _cluster(signal: findings.Signal, labels: Labels, lots: dict[int, str]) -> str:
    """Return what the signal is about by the keys of rows, which outlive their names."""

    def key(name: str, value: str) -> str:
        if name == "lot" and value in labels.lots:
            return lots[labels.lots[value]]
        row = {"site": labels.site_of, "session": labels.session_of}.get(name, lambda _: None)(
            value
        )
        return str(row) if row is not None else value

    parts = sorted(f"{name}={key(name, value)}" for name, value in signal.target)
    window = [f"days={signal.window[0]}-{signal.window[1]}"] if signal.window else []
    return ";".join([*parts, f"event={signal.event}", *window])[:300]
