"""Names as people write them, namesakes and twins, ages."""

from datetime import date

import pytest

from observation.rules import persons
from observation.rules.persons import Likeness

BORN = date(2017, 5, 2)
OTHER_DAY = date(2018, 1, 9)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" 王  小明 ", "王小明"),
        ("王　小明", "王小明"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("Ann  Lee", "Ann Lee"),
        ("Ａｎｎ", "Ann"),
        ("王 Ann", "王 Ann"),
        ("", ""),
    ],
)
def test_a_name_is_kept_in_one_form(written, kept):
    assert persons.tidy_name(written) == kept


def test_spellings_of_one_name_agree():
    assert persons.name_key("O'Brien Ann") == persons.name_key("o’brien  ann")


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("王小明", "王"),
        ("欧阳娜", "欧阳"),
        ("欧阳", "欧"),
        ("司马小军", "司马"),
        ("Ann Lee", "lee"),
        ("", ""),
    ],
)
def test_the_surname_is_found(name, surname):
    assert persons.surname(name) == surname


@pytest.mark.parametrize(
    ("name", "born_on", "likeness"),
    [
        ("王小明", BORN, Likeness.DUPLICATE),
        ("王 小明", BORN, Likeness.DUPLICATE),
        ("王小明", OTHER_DAY, Likeness.NAMESAKE),
        ("王小明", None, Likeness.NAMESAKE),
        ("王小红", BORN, Likeness.TWIN),
        ("王小红", OTHER_DAY, None),
        ("李小红", BORN, None),
        ("", BORN, None),
    ],
)
def test_who_may_be_mistaken_for_whom(name, born_on, likeness):
    found = persons.likeness("王小明", BORN, other_name=name, other_born_on=born_on)

    assert found == likeness


def test_without_birth_dates_nobody_is_a_twin():
    assert persons.likeness("王小明", None, other_name="王小红", other_born_on=None) is None


def test_a_document_number_is_compared_without_its_blanks():
    assert persons.document_key(" 310104 2017-0502 123x ") == "310104201705021 23X".replace(" ", "")


@pytest.mark.parametrize(("number", "shown"), [("12345678", "****5678"), ("123", "123"), ("", "")])
def test_only_the_last_four_characters_are_shown(number, shown):
    assert persons.masked(number) == shown


@pytest.mark.parametrize(
    ("born_on", "months"),
    [
        (date(2026, 11, 22), 0),
        (date(2026, 10, 23), 0),
        (date(2026, 10, 22), 1),
        (date(2025, 11, 23), 11),
        (date(2025, 11, 22), 12),
        (date(2026, 11, 23), None),
        (None, None),
    ],
)
def test_the_age_counts_full_months(born_on, months):
    assert persons.age_months(born_on, on=date(2026, 11, 22)) == months
