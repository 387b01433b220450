"""What is said of a signal, in Chinese and in English. A signal is never called a cause."""

import math
from dataclasses import dataclass

from aefi.screening.findings import DataQuality, Screening, Signal
from aefi.screening.plan import Event


@dataclass(frozen=True)
class Words:
    """The same sentence in both languages."""

    zh: str
    en: str


DIMENSIONS = {
    "lot": Words("批号", "lot"),
    "age_group": Words("年龄组", "age group"),
    "sex": Words("性别", "sex"),
    "dose_number": Words("剂次", "dose number"),
    "site": Words("接种单位", "site"),
    "session": Words("接种场次", "session"),
    "period": Words("接种时段", "period"),
    "reporter": Words("报告来源", "reporter"),
    "product": Words("产品", "product"),
    "comparator": Words("比较对象", "comparator"),
    "copies": Words("重复报告", "copies"),
}
EVENTS = {
    Event.ANY.value: Words("所有报告", "reports of any kind"),
    Event.SERIOUS.value: Words("严重报告", "serious reports"),
}
CAUTION = Words(
    "这是统计信号，须由医学人员审核，不表示疫苗引起了该反应。",
    "A statistical signal: it needs clinical review and does not say that a vaccine caused it.",
)
NO_DOSES = Words(
    "没有接种剂次数：只比较报告构成，不能计算发生率。",
    "Doses are not known: only shares of reports are compared and no frequency can be given.",
)


def event_words(event: str) -> Words:
    """Return the name of what was counted; a reaction is named as it was reported."""
    return EVENTS.get(event, Words(event, event))


def target_words(signal: Signal) -> Words:
    """Return what the signal is about."""
    zh = "，".join(f"{DIMENSIONS[name].zh} {value}" for name, value in signal.target)
    en = ", ".join(f"{DIMENSIONS[name].en} {value}" for name, value in signal.target)
    return Words(zh, en)


def why(signal: Signal) -> Words:
    """Return one sentence: why this signal is in the list."""
    if signal.window is not None:
        return _why_window(signal)
    target, event = target_words(signal), event_words(signal.event)
    base_zh = "同层报告构成" if signal.is_numerator_only else "同层接种剂次"
    base_en = "shares of reports" if signal.is_numerator_only else "doses"
    crude = signal.observed / signal.crude_expected if signal.crude_expected > 0 else float("inf")
    zh = (
        f"{target.zh}：{event.zh} {signal.observed} 例，按{base_zh}（产品、年龄、接种时段相同的其他"
        f"组）预期 {amount(signal.expected)} 例，为 {amount(signal.ratio)} 倍（未分层 {amount(crude)} 倍），"
        f"q = {chance(signal.q)}。"
    )
    en = (
        f"{_capital(target.en)}: {signal.observed} {event.en}, where {base_en} of the others of the "
        f"same product, age and period lead to expect {amount(signal.expected)}: "
        f"{amount(signal.ratio)} times as many ({amount(crude)} times without strata), "
        f"q = {chance(signal.q)}."
    )
    return Words(zh, en)


def end_of(signal: Signal) -> Words:
    """Return what would make the signal go away."""
    spare = signal.observed - signal.gone_below + 1
    times = signal.ratio / (2.0 ** (signal.ic - signal.ic025)) if signal.ratio else 1.0
    zh = [f"若其中 {spare} 例为重复、批号有误或判为无关，信号消失"]
    en = [f"if {spare} of the {signal.observed} were copies, of another lot or unrelated"]
    if times > 1:
        zh.append(f"若预期被低估 {amount(times)} 倍以上，信号消失")
        en.append(f"if others were under-reported by a factor of {amount(times)} or more")
    for one in signal.without:
        if one.kind != "copies" and one.ic025 <= 0:
            words = DIMENSIONS[one.kind]
            zh.append(
                f"去掉{words.zh} {one.name} 后只剩 {one.observed} 例，预期 {amount(one.expected)} 例"
            )
            en.append(
                f"without {words.en} {one.name} only {one.observed} remain where "
                f"{amount(one.expected)} are expected"
            )
    return Words("；".join(zh) + "。", "It would go away " + "; ".join(en) + ".")


def data_lines(screening: Screening) -> list[Words]:
    """Return the state of the data and what the controls showed, a line each."""
    controls = controls_line(screening)
    return [*quality_lines(screening.quality), *([controls] if controls else [])]


def quality_lines(quality: DataQuality) -> list[Words]:
    """Return the state of the data, a line each."""
    lines = [
        Words(f"报告 {quality.reports} 份", f"{quality.reports} reports"),
        Words(
            f"疑似重复 {len(quality.copies)} 份，各只计一次",
            f"{len(quality.copies)} repeat another report and were left out",
        ),
        Words(
            f"批号不详 {quality.unknown_lot:.1%}，保留为单独一层，不分摊",
            f"lot unknown in {quality.unknown_lot:.1%}: kept as a level of its own, never shared out",
        ),
        Words(
            f"年龄不详 {quality.unknown_age:.1%}，接种日期不详 {quality.unknown_day:.1%}",
            f"age unknown in {quality.unknown_age:.1%}, vaccination day in {quality.unknown_day:.1%}",
        ),
    ]
    if quality.delay_days is not None:
        lines.append(
            Words(
                f"95% 的报告在接种后 {quality.delay_days} 天内收到；截至 {quality.last_day}，"
                f"其间接种者的 {quality.recent_days} 份报告尚不完整",
                f"95 % come in within {quality.delay_days} days of vaccination; {quality.recent_days} "
                f"are of persons vaccinated within that time of {quality.last_day} and still incomplete",
            )
        )
    if quality.without_doses:
        lines.append(
            Words(
                f"{quality.without_doses} 份报告的批号没有剂次记录，未参与比较",
                f"{quality.without_doses} name a lot without doses and were not compared",
            )
        )
    return lines


def modelled_line(signal: Signal) -> Words | None:
    """Return what a regression without the lot leads to expect; nothing where there is none."""
    found = signal.modelled
    if found is None:
        return None
    span = f"{found.low:.0f}–{found.high:.0f}"
    return Words(
        f"回归模型（年龄、性别、单位、剂次、周、星期，不含该批号）预期 {amount(found.expected)} 例"
        f"（普通批号的 95% 在 {span}），观察 {found.observed} 例，p = {chance(found.p)}。",
        f"A regression over age, sex, site, dose number, week and weekday that left the lot out leads to "
        f"expect {amount(found.expected)} (95 % of ordinary lots: {span}); {found.observed} were seen, "
        f"p = {chance(found.p)}.",
    )


def controls_line(screening: Screening) -> Words | None:
    """Return what the control reactions showed; nothing where none were asked for."""
    if not screening.controls:
        return None
    found = [one.bias for one in screening.families if one.bias is not None]
    if not found:
        return Words(
            "阴性对照反应的报告太少，未能校准",
            "too few reports of the control reactions to calibrate by them",
        )
    widest = max(found, key=lambda bias: bias.deviation)
    factor = amount(math.exp(widest.deviation))
    return Words(
        f"已按阴性对照校准：对照反应在各组之间除偶然外相差约 {factor} 倍（{widest.reports} 例）",
        f"calibrated by negative controls: beyond chance they stray by a factor of about {factor} "
        f"({widest.reports} reports)",
    )


def amount(value: float) -> str:
    """Return a number as a person reads it."""
    if value == float("inf"):
        return "∞"
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 1 or value <= -1 else f"{value:.2g}"


def chance(value: float) -> str:
    """Return a p- or q-value."""
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.0e}"


def _why_window(signal: Signal) -> Words:
    target, (first, last) = target_words(signal), signal.window or (0, 0)
    zh = (
        f"{target.zh}：接种后第 {first}–{last} 天发病 {signal.observed} 例，按同产品其他批号的发病时间分布"
        f"预期 {amount(signal.expected)} 例，q = {chance(signal.q)}。"
    )
    en = (
        f"{_capital(target.en)}: {signal.observed} onsets on days {first} to {last} after vaccination, "
        f"where the course of other lots of the product leads to expect {amount(signal.expected)}, "
        f"q = {chance(signal.q)}."
    )
    return Words(zh, en)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
