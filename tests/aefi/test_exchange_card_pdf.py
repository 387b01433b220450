"""The printed card: one A4 page with every item, Chinese glyphs that can be read back."""

import re
import zlib
from dataclasses import replace

import pytest

from aefi.exchange import card, card_pdf, paper, stored
from aefi.models import CaseView
from alerts.models import Role
from tests.aefi.cases import BARE, FULL
from tests.factories import NOON
from tests.floor_factories import Floor, frozen

A4 = (595, 842)
HAN = re.compile(r"[\u4e00-\u9fff]")


def streams(pdf):
    """Return the unpacked streams of a PDF file."""
    for found in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(found)
        except zlib.error:
            yield found


def letters(pdf):
    """Return every letter that a reader can copy out of the page."""
    found = set()
    for text in streams(pdf):
        if b"beginbfchar" in text:
            codes = re.findall(rb"<[0-9a-fA-F]+>\s*<([0-9a-fA-F]+)>", text)
            found |= set("".join(bytes.fromhex(one.decode()).decode("utf-16-be") for one in codes))
    return found


@pytest.fixture(scope="module")
def drawn():
    return card_pdf.pdf(FULL)


def test_the_card_is_one_page_of_a4(drawn):
    pages = re.findall(rb"/Type\s*/Page\b", b"".join([drawn, *streams(drawn)]))
    (box,) = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", b"".join([drawn, *streams(drawn)]))

    assert len(pages) == 1
    assert tuple(round(float(side)) for side in box.split()[2:]) == A4


def test_chinese_is_printed_and_can_be_copied(drawn):
    wanted = set(HAN.findall(card_pdf.page(FULL)))

    assert len(wanted) > 50
    assert wanted - letters(drawn) == set()


def test_every_item_of_the_card_stands_on_it():
    page = card_pdf.page(FULL)

    for row in card.rows(FULL):
        assert f"{row.item.number} {row.item.zh}" in page
    for value in ("王小明", "A2025-01", "痊愈", "31010420250001"):
        assert value in page


def test_what_somebody_typed_is_text_and_fetches_nothing():
    typed = '<img src="file:///etc/passwd"><script>x</script>'
    page = card_pdf.page(replace(FULL, narrative=typed))

    assert "<img" not in page
    assert "&lt;img" in page
    with pytest.raises(ValueError, match="fetches nothing"):
        paper._fetch_nothing("file:///etc/passwd")


def test_an_empty_card_and_a_long_course_are_printed_too():
    assert card_pdf.pdf(BARE).startswith(b"%PDF")
    long = card_pdf.pdf(replace(FULL, narrative="发热三天。" * 2000))
    assert len(re.findall(rb"/Type\s*/Page\b", b"".join([long, *streams(long)]))) > 1


def test_an_officer_prints_the_card_without_the_name_unless_he_says_why(db):
    with frozen(NOON):
        floor = Floor(county_code="310104")
        facts = stored.to_json(replace(FULL, case_number=""))
        case = floor.post("{site}/cases/", {"facts": facts}, role=Role.OFFICER).json()
        path = f"cases/{case['uuid']}/pdf/"
        plain = floor.get(path, role=Role.OFFICER)
        named = floor.get(f"{path}?identified=1&reason=panel", role=Role.OFFICER)

    assert plain["Content-Type"] == "application/pdf"
    assert "明" in letters(named.content) - letters(plain.content)
    purposes = CaseView.objects.values_list("purpose", flat=True).order_by("pk")
    assert list(purposes) == ["export card PDF", "export card PDF panel"]
