"""The national card of one case as a page to print: A4, the items in printed order."""

from aefi.exchange import card, paper
from aefi.exchange.case import CaseFacts

TITLE = "疑似预防接种异常反应个案报告卡"


def pdf(facts: CaseFacts) -> bytes:
    """Return the card as a PDF file."""
    return paper.drawn(page(facts))


def page(facts: CaseFacts) -> str:
    """Return the card as HTML."""
    parts = [paper.tables(card.rows(facts))]
    return paper.page(facts.case_number, TITLE, parts, card.notes(facts))
