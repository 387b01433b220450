"""The national card: bands at their limits, missing key items, editions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules import forms

CARD = {
    "case_number": "31010420250001",
    "name": "王小明",
    "sex": "1",
    "birth_date": "2017-02-03",
    "onset_on": "2025-03-03",
    "discovered_on": "2025-03-03",
    "fever": "4",
    "redness": "4",
    "induration": "4",
    "course": "hives and wheeze after 6 min",
    "hospitalised": "1",
    "outcome": "1",
    "preliminary_class": "2",
    "reported_on": "2025-03-03",
    "reporting_unit": "Xuhui clinic",
}
DOSE = {
    "name": "MMR",
    "manufacturer": "Maker",
    "lot": "A123",
    "given_on": "2025-03-03",
    "organisation": "1",
    "dose_number": 2,
    "amount": 0.5,
    "route": "2",
    "site": "1",
}


def missing(card=CARD, doses=(DOSE,), **options):
    return [problem.key for problem in forms.missing_items(card, doses, **options)]


def without(key):
    return {name: value for name, value in CARD.items() if name != key}


@pytest.mark.parametrize(
    ("temperature_c", "band", "is_reportable"),
    [
        (36.5, "4", False),
        (37.0, "4", False),
        (37.1, "1", False),
        (37.5, "1", False),
        (37.54, "1", False),
        (37.6, "2", False),
        (38.5, "2", False),
        (38.54, "2", False),
        (38.55, "3", True),
        (38.6, "3", True),
        (41.0, "3", True),
    ],
)
def test_fever_bands_are_read_to_a_tenth_of_a_degree(temperature_c, band, is_reportable):
    assert forms.fever_band(temperature_c) == band
    assert forms.is_reportable_fever(temperature_c) is is_reportable


def test_only_an_axillary_reading_has_a_band():
    assert forms.fever_band(39.0, body_site="ear") == ""
    assert forms.fever_band(None) == ""


@pytest.mark.parametrize(
    ("diameter_cm", "band", "is_reportable"),
    [
        (0, "4", False),
        (0.1, "1", False),
        (2.5, "1", False),
        (2.51, "2", True),
        (2.6, "2", True),
        (5.0, "2", True),
        (5.1, "3", True),
    ],
)
def test_a_diameter_of_two_and_a_half_is_not_reportable(diameter_cm, band, is_reportable):
    assert forms.diameter_band(diameter_cm) == band
    assert forms.is_reportable_diameter(diameter_cm) is is_reportable


def test_what_was_not_measured_has_no_band():
    assert forms.diameter_band(None) == ""


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=50), st.floats(min_value=0, max_value=50))
def test_a_wider_redness_is_never_in_a_lower_band(one, other):
    order = "4123"
    narrow, wide = sorted((one, other))

    assert order.index(forms.diameter_band(narrow)) <= order.index(forms.diameter_band(wide))


@settings(deadline=None)
@given(st.floats(min_value=0.01, max_value=50))
def test_reportable_is_everything_past_the_first_band(diameter_cm):
    is_past_first = forms.diameter_band(diameter_cm) in {"2", "3"}

    assert forms.is_reportable_diameter(diameter_cm) is is_past_first


def test_a_complete_card_misses_nothing():
    assert missing() == []


@pytest.mark.parametrize("key", list(CARD))
def test_each_key_item_is_asked_for(key):
    assert missing(without(key)) == [key]
    assert missing(CARD | {key: "  "}) == [key]


@pytest.mark.parametrize("key", list(DOSE))
def test_each_key_item_of_a_dose_is_asked_for(key):
    second = {name: value for name, value in DOSE.items() if name != key}

    assert missing(doses=(DOSE, second)) == [f"vaccines.2.{key}"]


def test_items_without_a_star_are_not_asked_for():
    optional = {item.key for item in forms.CARD_2010.items if not item.is_key}

    assert optional == {
        "occupation",
        "address",
        "phone",
        "guardian",
        "visited_unit",
        "diagnosis",
        "obtained",
        "reporter",
        "reporter_phone",
    }
    assert not optional & set(missing({}))


def test_a_card_without_any_vaccine_asks_for_the_first():
    assert missing(doses=()) == [f"vaccines.1.{key}" for key in DOSE]


def test_the_fourth_vaccine_does_not_fit_on_the_card():
    assert missing(doses=(DOSE, DOSE, DOSE, {})) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("outcome", "6"), ("preliminary_class", "6"), ("sex", "3"), ("obtained", "9")],
)
def test_a_code_that_the_card_lacks_is_named(key, value):
    (problem,) = forms.missing_items(CARD | {key: value}, [DOSE])

    assert (problem.key, problem.is_unknown_code) == (key, True)
    assert str(problem).endswith("has an unknown code")


def test_the_older_card_asks_for_neither_outcome_nor_class():
    older = without("outcome")
    older.pop("preliminary_class")

    assert missing(older, version="cn-card-2009") == []
    assert missing(older) == ["outcome", "preliminary_class"]


def test_missing_items_come_in_the_order_of_the_form():
    problems = forms.missing_items({}, [])
    numbers = [int(problem.item.number.split(".")[0]) for problem in problems]

    assert numbers == sorted(numbers)
    assert str(problems[0]) == "1 case number is missing"


def test_an_unknown_edition_is_refused():
    with pytest.raises(KeyError):
        missing(version="cn-card-1900")


def test_items_are_numbered_one_to_twenty_two():
    numbers = {
        int(item.number.split(".")[0])
        for item in forms.CARD_2010.items + forms.CARD_2010.vaccine_items
    }

    assert numbers == set(range(1, 23))
