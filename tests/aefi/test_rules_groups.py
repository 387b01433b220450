"""Group triggers, the person who declares, and the codes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules import groups
from aefi.rules.groups import Declaration, Parameters, Report, Trigger, suggestions

NOON = datetime(2025, 6, 6, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(hours=24)
FAINT = Report("1", "syncope", "school A", "HPV", "L1", NOON, is_serious=False)
SHOCK = replace(FAINT, picture="anaphylactic_shock", is_serious=True)
FAMILIES = {"syncope": "faint", "dizziness": "faint"}


def copies(report, count, *, every=MINUTE, start=1):
    """Return like reports one after the other, numbered from `start`."""
    return [
        replace(report, case=str(start + n), onset_at=report.onset_at + n * every)
        for n in range(count)
    ]


def triggers(reports, **parameters):
    return [found.trigger for found in suggestions(reports, Parameters(**parameters))]


def test_two_serious_cases_alike_at_one_unit_are_suggested():
    (found,) = suggestions(copies(SHOCK, 2))

    assert found == groups.Suggestion(
        Trigger.SERIOUS,
        "school A / anaphylactic_shock",
        ("1", "2"),
        NOON,
        NOON + MINUTE,
    )


def test_serious_cases_need_not_share_the_vaccine():
    pair = [SHOCK, replace(SHOCK, case="2", vaccine="MMR", lot="L2")]

    assert triggers(pair) == [Trigger.SERIOUS]


@pytest.mark.parametrize(
    "changes",
    [{"unit": "school B"}, {"picture": "syncope"}, {"is_serious": False}],
)
def test_serious_cases_must_share_unit_and_picture(changes):
    assert triggers([SHOCK, replace(SHOCK, case="2", **changes)]) == []


@pytest.mark.parametrize(("gap", "count"), [(DAY, 1), (DAY + timedelta(seconds=1), 0)])
def test_short_time_is_a_window_of_which_the_end_counts(gap, count):
    assert len(suggestions(copies(SHOCK, 2, every=gap))) == count


@pytest.mark.parametrize(("count", "expected"), [(2, []), (3, [Trigger.MARKED_INCREASE])])
def test_an_increase_of_mild_cases_starts_at_three(count, expected):
    assert triggers(copies(FAINT, count)) == expected


@pytest.mark.parametrize("changes", [{"vaccine": "MMR"}, {"unit": "school B"}])
def test_mild_cases_must_share_unit_and_vaccine(changes):
    other = replace(FAINT, case="3", **changes)

    assert triggers([*copies(FAINT, 2), other]) == []


def test_mild_cases_of_several_lots_count_together():
    assert triggers([*copies(FAINT, 2), replace(FAINT, case="3", lot="L2")]) == [
        Trigger.MARKED_INCREASE
    ]


@pytest.mark.parametrize(("count", "is_suggested"), [(5, False), (6, True)])
def test_an_increase_is_measured_against_what_is_usual(count, is_suggested):
    usual = {("school A", "HPV", "syncope"): 2.0}

    assert bool(triggers(copies(FAINT, count), expected=usual)) is is_suggested


def test_similar_pictures_count_together_when_somebody_says_so():
    mixed = [*copies(FAINT, 2), replace(FAINT, case="3", picture="dizziness")]

    assert triggers(mixed) == []
    assert triggers(mixed, families=FAMILIES) == [Trigger.MARKED_INCREASE]


def test_the_earlier_provincial_wording_can_be_switched_on():
    pair = copies(FAINT, 2)

    assert triggers(pair) == []
    (by_place, by_lot) = suggestions(pair, Parameters(triggers=groups.EARLIER_PROVINCIAL))
    assert {by_place.shared, by_lot.shared} == {"school A / syncope", "HPV / L1 / syncope"}


def test_one_lot_at_two_places_is_seen_by_the_earlier_wording_only():
    pair = [FAINT, replace(FAINT, case="2", unit="school B")]

    assert triggers(pair, triggers=groups.EARLIER_PROVINCIAL) == [Trigger.SIMILAR]


def test_overlapping_windows_make_one_group_and_distant_ones_two():
    chain = copies(SHOCK, 4, every=timedelta(hours=20))
    later = copies(replace(SHOCK, onset_at=NOON + 20 * DAY), 2, start=5)

    assert [found.cases for found in suggestions(chain + later)] == [
        ("1", "2", "3", "4"),
        ("5", "6"),
    ]


def test_the_order_in_which_reports_came_in_does_not_matter():
    reports = copies(SHOCK, 3) + copies(FAINT, 4, start=4)

    assert suggestions(reports) == suggestions(reversed(reports))
    assert triggers(reports) == [Trigger.MARKED_INCREASE, Trigger.SERIOUS]


offsets = st.lists(st.integers(min_value=0, max_value=200), max_size=12)


@settings(deadline=None)
@given(offsets, st.integers(min_value=0, max_value=200))
def test_one_more_case_never_takes_a_suggestion_away(hours, more):
    def grouped(all_hours):
        reports = [
            replace(SHOCK, case=f"{n}", onset_at=NOON + timedelta(hours=hour))
            for n, hour in enumerate(all_hours)
        ]
        return {case for found in suggestions(reports) for case in found.cases}

    assert grouped(hours) <= grouped([*hours, more])


def test_a_person_declares_and_undoes_with_a_reason():
    declared = Declaration(is_group=True, reason="three faints, one queue", by="lead", at=NOON)
    undone = Declaration(is_group=False, reason="two were tired", by="CDC", at=NOON + MINUTE)

    assert not groups.is_group([])
    assert groups.is_group([declared])
    assert not groups.is_group([undone, declared])
    with pytest.raises(groups.ReasonMissing):
        Declaration(is_group=True, reason=" ", by="lead", at=NOON)


@pytest.mark.parametrize(
    ("make", "number", "expected"),
    [
        (groups.case_code, 1, "31010420250001"),
        (groups.case_code, 9999, "31010420259999"),
        (groups.group_code, 1, "310104202501"),
        (groups.group_code, 99, "310104202599"),
    ],
)
def test_codes_are_county_year_and_number(make, number, expected):
    code = make("310104", 2025, number)

    assert code == expected
    assert groups.parts_of(code) == groups.CodeParts("310104", 2025, number)


@pytest.mark.parametrize(
    ("make", "county", "year", "number"),
    [
        (groups.case_code, "310104", 2025, 10_000),
        (groups.group_code, "310104", 2025, 100),
        (groups.group_code, "310104", 2025, 0),
        (groups.case_code, "31010", 2025, 1),
        (groups.case_code, "３１０１０４", 2025, 1),
        (groups.case_code, "310104", 999, 1),
        (groups.case_code, "310104", 10_000, 1),
    ],
)
def test_a_code_that_cannot_be_printed_is_refused(make, county, year, number):
    with pytest.raises(groups.BadCode):
        make(county, year, number)


def test_a_year_has_four_digits():
    assert groups.case_code("310104", 1000, 1) == "31010410000001"
    assert groups.case_code("310104", 9999, 1) == "31010499990001"


@pytest.mark.parametrize("text", ["", "31010420250", "3101042025001", "31010420250001 "])
def test_what_is_no_code_is_not_taken_apart(text):
    with pytest.raises(groups.BadCode):
        groups.parts_of(text)
