"""The board with 300 seated people in a real Chromium: first paint, the whole hall, and what ticking costs.

`python bench/first_board.py --loads 20`

The floor is a plain page with 300 tiles from the bare server, loaded in the same browser in the same run.
"""

import argparse
import shutil
import time

from house import House, floor, house, load
from load import p50
from playwright.sync_api import CDPSession, Page, sync_playwright
from table import Figure, show

SEATED = 300
FIRST_BAR_MS, TICKING_BAR, REPAINTS_BAR = 500.0, 6.0, 1.0
TICKING_SECONDS = 15
PASSWORD = "hall-of-320-seats"

# Notes the instant of the frame after which the page shows what is waited for.
WATCH = """
(isThere) => new Promise((found) => {
  const done = () => found(performance.now());
  const look = () => requestAnimationFrame(isThere() ? done : look);
  look();
})
"""
BOARD_IS_THERE = (
    "() => document.querySelectorAll('.tiles .tile').length >= 40"
    f" && document.querySelector('.count b')?.textContent === '{SEATED}'"
)
FLOOR_IS_THERE = f"() => document.querySelectorAll('.tile').length >= {SEATED}"
CELLS_ARE_THERE = f"document.querySelectorAll('.cell').length >= {SEATED}"
OVERVIEW = f"""
() => new Promise((found) => {{
  const start = performance.now();
  document.querySelector('nav.tabs button:last-child').click();
  const done = () => found(performance.now() - start);
  const look = () => requestAnimationFrame({CELLS_ARE_THERE} ? done : look);
  look();
}})
"""
# Counts the frames that something changed in, not the changes.
COUNT_REPAINTS = """
() => {
  window.repaints = 0;
  window.counting?.disconnect();
  let isWaiting = false;
  const painted = () => { isWaiting = false; window.repaints += 1; };
  window.counting = new MutationObserver(() => {
    if (!isWaiting) requestAnimationFrame(painted);
    isWaiting = true;
  });
  window.counting.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}
"""


def first_paint(page: Page, address: str, is_there: str) -> float:
    """Return the milliseconds from the start of the navigation to the frame that shows it all."""
    page.goto(address, wait_until="commit")
    return float(page.evaluate(f"({WATCH})({is_there})"))


def task_seconds(session: CDPSession) -> float:
    """Return how long the page's main thread has been at work."""
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def ticking(page: Page) -> tuple[float, float]:
    """Return a board's share of a core in per cent, and how many repaints follow the first each second."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(COUNT_REPAINTS)
    before, began = task_seconds(session), time.perf_counter()
    page.wait_for_timeout(TICKING_SECONDS * 1000)
    lasted = time.perf_counter() - began
    share = (task_seconds(session) - before) / lasted * 100
    return share, float(page.evaluate("window.repaints") - 1) / lasted


def log_in(page: Page, home: House) -> None:
    page.goto(f"{home.stand.address}/lock/")
    page.fill("input[name=username]", "observer")
    page.fill("input[name=password]", PASSWORD)
    page.click("form[method=post] button.primary")
    page.wait_for_url(lambda url: "/lock/" not in url)


def compare(page: Page, home: House, bare: str, loads: int) -> list[Figure]:
    """Load board and floor in turn, then leave the board alone."""
    log_in(page, home)
    board = f"{home.stand.address}/sites/{home.site}/board/"
    first_paint(page, board, BOARD_IS_THERE)
    boards, floors = [], []
    for _ in range(loads):
        floors.append(first_paint(page, f"http://{bare}/", FLOOR_IS_THERE))
        boards.append(first_paint(page, board, BOARD_IS_THERE))
    one_bay = ticking(page)
    overview_ms = float(page.evaluate(OVERVIEW))
    whole = ticking(page)
    return [
        Figure(
            f"board with {SEATED} people, p50", p50(boards), bar=FIRST_BAR_MS, floor=p50(floors)
        ),
        Figure("board, the slowest", max(boards), bar=FIRST_BAR_MS, floor=max(floors)),
        Figure(f"from one bay to {SEATED} cells", overview_ms),
        Figure("a bay ticking, share of a core", one_bay[0], "%", TICKING_BAR),
        Figure("the whole hall ticking, share of a core", whole[0], "%", TICKING_BAR),
        Figure("repaints a second", max(one_bay[1], whole[1]), "", REPAINTS_BAR),
    ]


def main() -> None:
    """Measure the embedded default."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--loads", type=int, default=20)
    options = parser.parse_args()
    before = load()
    with house() as home, floor(home.stand.url, home.stand.folder) as (bare, _pid):
        home.give(SEATED)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            lines = compare(browser.new_page(), home, bare, options.loads)
            browser.close()
    show(f"First board, {SEATED} seated", lines, load_before=before, load=load)


if __name__ == "__main__":
    main()
