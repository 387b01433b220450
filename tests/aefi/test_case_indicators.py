"""Indicators from the register's rows: nothing left out, every failure named, rates from own doses."""

from datetime import date, timedelta

import pytest

from aefi.exchange.case import CaseFacts, EventFacts
from aefi.models import Case
from aefi.rules.clock_rules import Fact, Proof
from aefi.services import case_classes, case_gaps, cases, indicators
from aefi.services.case_classes import Word
from aefi.services.cases import Act, Said
from aefi.services.indicators import Group, Period, age_group
from alerts.models import Site
from alerts.outbox import Origin
from observation.models import Dose, Reaction
from tests.factories import NOON, make_site
from tests.floor_factories import frozen, make_lot, make_observation, make_recipient, make_vaccine

HOUR = timedelta(hours=1)
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


def at(hours=0):
    return Act(Origin(), NOON + hours * HOUR)


def a_case(site, *, hours=0):
    """A case discovered at noon and opened so many hours later."""
    facts = CaseFacts("", patient_name="王小明", events=(EventFacts("发热"),), discovered_at=NOON)
    return cases.open_by_hand(site, facts, at(hours))


def submitted(case, hours):
    cases.move(case.uuid, "submit", reason="", act=at(hours))


def shares(site):
    records = indicators.records_of(Site.objects.filter(pk=site.pk), YEAR)
    return indicators.shares_of(records)


def reacted(site, *, born_on=date(2019, 5, 4), lot=None, doses=1):
    """Somebody with doses of a lot and a reaction that became a case."""
    row = make_observation(site, recipient=make_recipient(site, born_on=born_on))
    for number in range(1, doses + 1):
        Dose.objects.create(
            observation=row,
            vaccine=lot.vaccine,
            lot=lot,
            dose_number=number,
            given_at=NOON,
            entered_at=NOON,
        )
    reaction = Reaction.objects.create(
        site=site, observation=row, signs={"fever": "yes"}, seen_at=NOON, entered_at=NOON
    )
    return cases.open_from_reaction(reaction, at())


def test_a_report_in_time_counts_and_a_late_or_missing_one_is_named(site):
    in_time, late, never = (a_case(site) for _ in range(3))
    submitted(in_time, 48)
    submitted(late, 49)

    share = shares(site)["reported"]

    assert (share.numerator, share.denominator) == (1, 3)
    assert [(one.case, one.reason) for one in share.failures] == [
        (late.number, "took 49.0 h"),
        (never.number, "no end recorded"),
    ]


def test_the_accepted_card_is_a_report_too(site):
    case = a_case(site)
    cases.file(case.uuid, Said(Proof.CARD_ACCEPTED, "31010420260001", NOON + 5 * HOUR), at(6))

    assert shares(site)["reported"].value == 1


def test_only_cases_that_need_it_are_asked_for_an_investigation(site):
    a_case(site)
    asked = a_case(site)
    submitted(asked, 1)
    cases.reach(asked.uuid, Fact.INVESTIGATION_STARTED, at=NOON + 10 * HOUR, act=at(10))

    found = shares(site)

    assert (found["investigated"].numerator, found["investigated"].denominator) == (1, 1)
    assert [one.reason for one in found["form_filed"].failures] == ["no end recorded"]


def test_what_the_card_lacks_is_kept_with_the_case_and_told(site):
    case = a_case(site)

    share = shares(site)["complete"]

    lacks = [item.item.number for item in case_gaps.card_gaps(case)]
    assert lacks
    assert Case.objects.get().missing == lacks
    assert share.failures[0].reason == f"missing: {', '.join(lacks)}"


def test_months_and_counties_stand_apart_and_days_are_those_of_china(site):
    other = make_site(county_code="310105")
    a_case(site)
    a_case(site, hours=24 * 8 + 11.99)  # 23:59 on the last day of November there
    a_case(site, hours=24 * 8 + 12)  # the first of December
    a_case(other)
    records = indicators.records_of(Site.objects.all(), YEAR)

    groups = indicators.by_county_and_month(records)

    assert {group: shares["reported"].denominator for group, shares in groups.items()} == {
        Group("310104", "2026-11"): 2,
        Group("310104", "2026-12"): 1,
        Group("310105", "2026-11"): 1,
    }
    tallies = indicators.tallies_of(Site.objects.all(), YEAR)
    assert {group: told(shares) for group, shares in groups.items()} == {
        group: told(shares) for group, shares in tallies.items()
    }
    assert told(indicators.in_all(tallies.values())) == told(indicators.shares_of(records))


def told(shares):
    return {name: (share.numerator, share.denominator) for name, share in shares.items()}


CLASSED = Word("final", "1", "局部红肿", concluded_by="3")


@pytest.mark.parametrize(
    "change",
    [
        lambda case: submitted(case, 1),
        lambda case: submitted(case, 60),
        lambda case: cases.file(case.uuid, Said(Proof.CARD_ACCEPTED, "3", NOON + HOUR), at(1)),
        lambda case: case_classes.classify(case.uuid, CLASSED, at(1)),
        lambda case: cases.reach(
            case.uuid, Fact.INVESTIGATION_STARTED, at=NOON + 70 * HOUR, act=at(70)
        ),
        lambda case: cases.revise(
            case.uuid, CaseFacts("", patient_name="李"), base=1, reason="x", act=at(1)
        ),
    ],
)
def test_what_is_kept_with_a_case_follows_every_change(site, change):
    case = a_case(site)

    change(case)

    kept = indicators.tallies_of(Site.objects.all(), YEAR)
    assert told(indicators.in_all(kept.values())) == told(shares(site))


def test_failures_come_by_number_and_no_more_than_are_asked_for(site):
    numbers = [a_case(site).number for _ in range(3)]
    sites = Site.objects.all()

    found = indicators.failures_of(sites, YEAR, "reported", most=2)

    assert [(row.number, reason) for row, reason in found] == [
        (number, "no end recorded") for number in numbers[:2]
    ]
    assert indicators.failures_of(sites, YEAR, "investigated", most=2) == []


def test_the_last_day_of_a_period_is_in_it(site):
    a_case(site)
    day = date(2026, 11, 22)
    everywhere = Site.objects.all()

    assert len(indicators.records_of(everywhere, Period(day, day))) == 1
    assert not indicators.records_of(everywhere, Period(date(2026, 11, 23), date(2026, 12, 1)))


def test_a_county_without_a_case_is_named(site):
    make_site(county_code="310105")
    a_case(site)
    everywhere = Site.objects.all()

    share = indicators.counties_reporting(everywhere, indicators.tallies_of(everywhere, YEAR))

    assert (share.numerator, share.denominator) == (1, 2)
    assert share.failures[0].case == "310105"


def test_rates_come_from_the_sites_own_doses(site):
    lot, quiet = make_lot(site), make_lot(site, number="Q1", vaccine=make_vaccine("FLU2"))
    case = reacted(site, lot=lot, doses=2)
    row = make_observation(site, recipient=make_recipient(site, born_on=None))
    Dose.objects.create(
        observation=row, vaccine=quiet.vaccine, lot=quiet, given_at=NOON, entered_at=NOON
    )
    a_case(site)
    word = Word("final", "1", reason="局部红肿", concluded_by="3")
    case_classes.classify(case.uuid, word, at())

    rates = indicators.rates_of(Site.objects.all(), YEAR)

    assert (rates.doses, rates.overall.events, rates.not_linked) == (3, 1, 1)
    of_lots = rates.groups["lot"]
    assert (of_lots[lot.number].events, of_lots[lot.number].doses) == (1, 2)
    assert (of_lots["Q1"].events, of_lots["Q1"].doses) == (0, 1)
    assert {name: rate.doses for name, rate in rates.groups["age_group"].items()} == {
        "6–11": 2,
        "?": 1,
    }
    assert rates.groups["class"]["1"].doses == 3


def test_without_a_dose_no_rate_is_formed(site):
    a_case(site)

    rates = indicators.rates_of(Site.objects.all(), YEAR)

    assert (rates.overall, rates.groups, rates.not_linked) == (None, {}, 1)


@pytest.mark.parametrize(
    ("born_on", "group"),
    [
        (date(2026, 11, 22), "0"),
        (date(2025, 11, 22), "1–2"),
        (date(2023, 11, 23), "1–2"),
        (date(2014, 11, 23), "6–11"),
        (date(1960, 1, 1), "60+"),
        (None, "?"),
        (date(2027, 1, 1), "?"),
    ],
)
def test_a_person_is_in_the_group_of_their_full_years(born_on, group):
    assert age_group(born_on, NOON) == group


def test_another_officers_sites_are_not_counted(site):
    a_case(make_site(county_code="440100"))

    assert not indicators.records_of(Site.objects.filter(pk=site.pk), YEAR)
