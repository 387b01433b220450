"""What is wrong with a page as it is shown: axe, sideways scroll, small targets, cut text, overlaps."""

from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES = {"runOnly": WCAG}
ONLY_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""The one rule that can tell dark from light."""
ASK_AXE = """async (rules) => {
  const { violations } = await axe.run({ ...rules, resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes[0].html.slice(0, 160) }));
}"""
MEASURE = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
WIDTHS = {320: 640, 768: 1024, 1024: 768, 1920: 1080}


def faults_everywhere(page: Page) -> list[str]:
    """Return what a person would trip over on an open page, at each width, light and dark."""
    found = []
    page.evaluate(AXE_SCRIPT)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme, rules in (("light", ALL_RULES), ("dark", ONLY_COLOUR)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            faults = [*page.evaluate(MEASURE), *axe_faults(page, rules)]
            found += [f"{scheme} {width}: {fault}" for fault in faults]
    return found


def axe_faults(page: Page, rules: dict[str, Any]) -> list[str]:
    """Return axe's serious and critical violations, each with the first element at fault."""
    found: list[dict[str, Any]] = page.evaluate(ASK_AXE, rules)
    return [f"{rule['id']}: {rule['html']}" for rule in found if rule["impact"] in GRAVE]
