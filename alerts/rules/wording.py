"""The words of a page that leaves the site: where, how urgent, drill or not; never who. Pure."""

from dataclasses import dataclass

PRIORITIES = {
    "high": ("紧急呼叫", "EMERGENCY CALL"),
    "medium": ("呼叫", "Call for help"),
    "low": ("提示", "Notice"),
}
DRILL = "【演练 / DRILL】"


@dataclass(frozen=True)
class PageFacts:
    """What a page outside may tell."""

    site: str
    place: str
    priority: str
    round: int
    is_drill: bool


def page_title(facts: PageFacts) -> str:
    """Return the first line: drill, urgency and place, in both languages."""
    zh, en = PRIORITIES.get(facts.priority, PRIORITIES["high"])
    drill = DRILL if facts.is_drill else ""
    return f"{drill}{zh} {en}: {facts.place}"


def page_body(facts: PageFacts) -> str:
    """Return what to do, where, and that it was said before."""
    again = f" 第 {facts.round} 次 / page {facts.round}." if facts.round > 1 else ""
    return (
        f"{facts.site} · {facts.place}。请立即前往并在系统中应答。"
        f"Please go there now and answer in AEFI Watch.{again}"
    )
