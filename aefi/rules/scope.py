"""Which events are reported within which time after a dose. Pure.

A window is a reporting scope, neither a diagnosis nor a judgement of cause. A report outside its
window is accepted and flagged. Source: docs/sources.md#reporting-windows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from aefi.rules.clocks import CHINA


@dataclass(frozen=True)
class Span:
    """An interval after the dose; hours by the clock, days and months by China's calendar."""

    hours: int = 0
    days: int = 0
    months: int = 0


@dataclass(frozen=True)
class Window:
    """The listed window of one event; `vaccines` limits it to these products, empty means any."""

    event: str
    zh: str
    at_most: Span
    at_least: Span = Span()
    vaccines: frozenset[str] = frozenset()


DAY_ONE, FIVE_DAYS, FIFTEEN_DAYS = Span(hours=24), Span(days=5), Span(days=15)
SIX_WEEKS, THREE_MONTHS = Span(days=42), Span(months=3)
BCG = frozenset({"BCG"})

WINDOWS = (
    Window("anaphylactic_shock", "过敏性休克", DAY_ONE),
    Window("allergic_reaction", "不伴休克的过敏反应", DAY_ONE),
    Window("toxic_shock_syndrome", "中毒性休克综合征", DAY_ONE),
    Window("syncope", "晕厥", DAY_ONE),
    Window("stress_response", "癔症", DAY_ONE),
    Window("fever", "发热", FIVE_DAYS),
    Window("angioedema", "血管性水肿", FIVE_DAYS),
    Window("systemic_infection", "全身化脓性感染", FIVE_DAYS),
    Window("local_redness", "接种部位红肿", FIVE_DAYS),
    Window("local_induration", "接种部位硬结", FIVE_DAYS),
    Window("local_infection", "局部化脓性感染", FIVE_DAYS),
    Window("measles_or_scarlet_like_rash", "麻疹样或猩红热样皮疹", FIFTEEN_DAYS),
    Window("allergic_purpura", "过敏性紫癜", FIFTEEN_DAYS),
    Window("arthus_reaction", "局部过敏坏死反应", FIFTEEN_DAYS),
    Window("febrile_convulsion", "热性惊厥", FIFTEEN_DAYS),
    Window("epilepsy", "癫痫", FIFTEEN_DAYS),
    Window("polyneuritis", "多发性神经炎", FIFTEEN_DAYS),
    Window("encephalopathy", "脑病", FIFTEEN_DAYS),
    Window("encephalitis_or_meningitis", "脑炎和脑膜炎", FIFTEEN_DAYS),
    Window("thrombocytopenic_purpura", "血小板减少性紫癜", SIX_WEEKS),
    Window("guillain_barre", "格林巴利综合征", SIX_WEEKS),
    Window("vaccine_associated_polio", "疫苗相关麻痹型脊髓灰质炎", SIX_WEEKS),
    Window("brachial_neuritis", "臂丛神经炎", THREE_MONTHS),
    Window("sterile_abscess", "接种部位无菌性脓肿", THREE_MONTHS),
    Window("bcg_lymphadenitis", "淋巴结炎", Span(months=12), Span(months=1), BCG),
    Window("bcg_osteomyelitis", "骨髓炎", Span(months=12), Span(months=1), BCG),
    Window("bcg_disseminated", "全身播散性卡介苗感染", Span(months=12), Span(months=1), BCG),
)


class Flag(StrEnum):
    """What a desk should see about the time of an event; no flag stops a report."""

    WITHIN = "within_listed_window"
    OUTSIDE = "outside_listed_window"
    BEFORE_DOSE = "before_the_dose"
    NOT_LISTED = "not_listed"
    TIME_MISSING = "time_missing"


def windows_for(
    event: str, vaccine: str, windows: Iterable[Window] = WINDOWS
) -> tuple[Window, ...]:
    """Return the windows that list an event after a vaccine."""
    return tuple(
        window
        for window in windows
        if window.event == event and (not window.vaccines or vaccine in window.vaccines)
    )


def flag_for(
    event: str, *, vaccine: str = "", given_at: datetime | None, onset_at: datetime | None
) -> Flag:
    """Return where the onset of an event lies against its listed window; limits count as within."""
    if given_at is None or onset_at is None:
        return Flag.TIME_MISSING
    if onset_at < given_at:
        return Flag.BEFORE_DOSE
    listed = windows_for(event, vaccine)
    if not listed:
        return Flag.NOT_LISTED
    is_within = any(_holds(window, given_at, onset_at) for window in listed)
    return Flag.WITHIN if is_within else Flag.OUTSIDE


def _holds(window: Window, given_at: datetime, onset_at: datetime) -> bool:
    if window.at_most.hours:
        return onset_at - given_at <= timedelta(hours=window.at_most.hours)
    given_on = given_at.astimezone(CHINA).date()
    onset_on = onset_at.astimezone(CHINA).date()
    return _after(given_on, window.at_least) <= onset_on <= _after(given_on, window.at_most)


def _after(day: date, span: Span) -> date:
    return add_months(day, span.months) + timedelta(days=span.days)


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month if it is shorter."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    next_first = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), next_first - timedelta(days=1))
