"""A case on the national card: printed order, codes, and the sheet both ways."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from openpyxl import Workbook, load_workbook

from aefi.exchange import card
from aefi.exchange.case import EventFacts, Outcome, Refused, VaccineFacts, day_of
from aefi.rules.seriousness import Criterion
from tests.aefi.cases import BARE, FULL, GIVEN, HEPA, MMR, cases, without


def value(facts, key, **options):
    return next(row.value for row in card.rows(facts, **options) if row.key == key)


def there_and_back(*facts):
    return card.cases_from(card.workbook(facts))


def held(facts):
    """Return what the card keeps of a case: days, the hospital, one onset, three suspects."""
    kept = without(facts, card.NOT_HELD)
    onset = day_of(facts.onset_at)
    vaccines = [replace(v, given_at=day_of(v.given_at)) for v in kept.suspects]
    return replace(
        kept,
        country="",
        events=(EventFacts("", onset_at=onset),) if onset else (),
        vaccines=tuple(vaccines[:3]),
        serious_because=frozenset({Criterion.HOSPITALISATION}) if facts.is_hospitalised else None,
        outcome=None if facts.outcome == Outcome.NOT_RECOVERED else facts.outcome,
        discovered_at=day_of(facts.discovered_at),
        reported_at=day_of(facts.reported_at),
    )


def test_items_come_in_printed_order_with_the_vaccines_at_nine():
    numbers = [row.item.number for row in card.rows(FULL)]
    whole = [int(number.split(".")[0]) for number in numbers]

    assert whole == sorted(whole)
    assert numbers.count("9.4") == 3
    assert set(whole) == set(range(1, 23))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("case_number", "31010420250001"),
        ("sex", "1"),
        ("birth_date", "2017-02-03"),
        ("onset_on", "2025-03-03"),
        ("vaccines.1.lot", "A2025-01"),
        ("vaccines.1.amount", "0.5"),
        ("vaccines.2.name", ""),
        ("fever", "1"),
        ("redness", "1"),
        ("induration", "4"),
        ("hospitalised", "1"),
        ("outcome", "1"),
        ("reporter_phone", "021-1"),
    ],
)
def test_facts_become_codes_and_days(key, expected):
    assert value(FULL, key) == expected


def test_a_code_is_shown_with_its_printed_words():
    labels = {row.key: row.label for row in card.rows(FULL) if row.label}

    assert labels["outcome"] == "痊愈"
    assert labels["redness"] == "≤2.5"
    assert labels["vaccines.1.route"] == "皮下"


def test_the_day_is_the_day_in_china():
    late = replace(FULL, discovered_at=datetime(2025, 3, 3, 16, 30, tzinfo=UTC))

    assert value(late, "discovered_on") == "2025-03-04"


@pytest.mark.parametrize(
    ("reasons", "code"),
    [(None, ""), (frozenset(), "2"), ({Criterion.DEATH}, "2"), ({Criterion.HOSPITALISATION}, "1")],
)
def test_the_hospital_is_asked_of_judged_cases_only(reasons, code):
    judged = replace(FULL, serious_because=None if reasons is None else frozenset(reasons))

    assert value(judged, "hospitalised") == code


def test_a_case_with_every_key_item_is_complete():
    assert card.missing(FULL) == []
    assert {problem.key for problem in card.missing(BARE)} >= {"name", "vaccines.1.lot", "outcome"}


def test_the_older_card_has_neither_outcome_nor_class():
    keys = {row.key for row in card.rows(FULL, version="cn-card-2009")}

    assert not keys & {"outcome", "preliminary_class"}
    assert "reported_on" in keys


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"outcome": Outcome.NOT_RECOVERED}, "no code for an outcome not recovered"),
        ({"vaccines": (MMR,) * 4}, "room for 3 vaccines"),
        ({"events": FULL.events}, "names one diagnosis"),
    ],
)
def test_what_the_card_cannot_say_is_told(changes, note):
    (said,) = card.notes(replace(FULL, **({"events": FULL.events[:1]} | changes)))

    assert note in said


def test_a_card_that_says_everything_has_no_notes():
    assert card.notes(replace(FULL, events=FULL.events[:1])) == []
    assert value(replace(FULL, outcome=Outcome.NOT_RECOVERED), "outcome") == ""


def test_a_case_comes_back_but_for_what_the_card_has_no_item_for():
    assert there_and_back(FULL, BARE) == [held(FULL), held(BARE)]


@pytest.mark.parametrize("name", sorted(card.NOT_HELD - {"country", "died_at"}))
def test_what_is_said_not_to_be_held_really_is_lost(name):
    (case,) = there_and_back(FULL)

    assert case != replace(held(FULL), **_with(FULL, held(FULL), name))


def _with(facts, kept, name):
    owner, _, key = name.partition(".")
    if not key:
        return {owner: getattr(facts, owner)}
    if owner == "reporter":
        return {owner: replace(kept.reporter, **{key: getattr(facts.reporter, key)})}
    return {owner: (replace(kept.vaccines[0], **{key: getattr(MMR, key)}),)}


@settings(max_examples=30, deadline=None)
@given(cases)
def test_every_case_comes_back(facts):
    assert there_and_back(facts) == [held(facts)]


def test_text_that_looks_like_a_formula_stays_text():
    risky = replace(FULL, patient_name="=1+1", narrative='=HYPERLINK("x")', phone="007")

    (case,) = there_and_back(risky)

    assert (case.patient_name, case.narrative, case.phone) == ("=1+1", '=HYPERLINK("x")', "007")


def test_the_sheet_has_printed_labels_keys_and_a_line_for_each_case():
    sheet = load_workbook(BytesIO(card.workbook([FULL, BARE]))).active

    assert sheet["A1"].value == "1 编码*"
    assert sheet["A2"].value == "case_number"
    assert [sheet.cell(row, 1).value for row in (3, 4)] == [FULL.case_number, BARE.case_number]
    assert sheet.max_row == 4


def test_characters_that_no_cell_can_hold_are_left_out():
    (case,) = there_and_back(replace(FULL, narrative="a\x00b\nc" + "d" * 40_000))

    assert case.narrative.startswith("ab\ncd")
    assert len(case.narrative) == 32_767


def filled(*lines):
    book = Workbook()
    for line in lines:
        book.active.append(line)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


KEYS = ["case_number", "hospitalised", "vaccines.1.name", "vaccines.1.dose_number", "onset_on"]


def test_a_sheet_filled_in_by_hand_is_read():
    when = datetime(2025, 3, 3)

    (case,) = card.cases_from(filled(["…"], KEYS, [], ["31010420250009", 2, "MMR", 1, when]))

    assert case.vaccines == (VaccineFacts(name="MMR", dose_number=1),)
    assert (case.serious_because, case.onset_at) == (None, date(2025, 3, 3))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no workbook", "file: this is no XLSX workbook"),
        (filled(["…"]), "row 2: the keys of the items are expected"),
        (filled(["…"], KEYS, ["1", 3]), "row 3.hospitalised: '3' is neither 1 nor 2"),
        (filled(["…"], KEYS, ["1", 1, "MMR", "x"]), "row 3.vaccines.1.dose_number: cannot read"),
        (filled(["…"], KEYS, ["1", 1, "", "", "3/3/25"]), "row 3.onset_on: cannot read '3/3/25'"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_refused_with_its_place(content, reason):
    with pytest.raises(Refused) as refusal:
        card.cases_from(content)

    assert str(refusal.value).startswith(reason)


def test_the_fingerprint_changes_with_what_the_card_says_and_with_nothing_else():
    unseen = replace(FULL, discovered_at=GIVEN, vaccines=(MMR, replace(HEPA, lot="H10")))

    assert card.fingerprint(FULL) == card.fingerprint(unseen)
    assert card.fingerprint(FULL) != card.fingerprint(replace(FULL, patient_name="王晓明"))
    assert card.fingerprint(FULL) != card.fingerprint(FULL, version="cn-card-2009")
