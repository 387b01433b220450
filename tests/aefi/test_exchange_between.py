"""From one format into another: what both can hold arrives the same, whichever way it came."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from aefi.exchange import card, e2b, fhir, vaers
from aefi.exchange.e2b_read import cases_from as read_e2b
from aefi.exchange.fhir_read import case_from as read_fhir
from aefi.rules import duplicates
from tests.aefi.cases import FULL, GIVEN, cases

HEADER = e2b.Header(
    sender="SHCDC", receiver="UMC", created_at=GIVEN, sender_organisation="CDC", meddra_version="27"
)


def by_fhir(facts):
    return read_fhir(json.loads(json.dumps(fhir.bundle(facts))))


def by_e2b(facts):
    return read_e2b(e2b.icsr(facts, HEADER))[0]


def by_card(facts):
    return card.cases_from(card.workbook([facts]))[0]


def by_vaers(facts):
    return vaers.cases_from(vaers.tables([facts])).cases[0]


WAYS = [by_fhir, by_e2b, by_card, by_vaers]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fact", ["case_number", "sex", "narrative", "outcome", "is_serious"])
def test_the_core_of_a_case_survives_every_way(way, fact):
    assert getattr(way(FULL), fact) == getattr(FULL, fact)


@pytest.mark.parametrize("way", WAYS)
def test_lot_and_maker_survive_every_way(way):
    suspect = way(FULL).suspects[0]

    assert (suspect.name, suspect.lot) == ("麻腮风", "A2025-01")
    assert suspect.manufacturer == "上海所"
    assert (suspect.dose_number, suspect.route) == (2, "2")


@pytest.mark.parametrize("way", [by_fhir, by_e2b])
def test_minutes_survive_where_the_format_has_them(way):
    case = way(FULL)

    assert case.onset_at == FULL.onset_at
    assert case.suspects[0].given_at == GIVEN
    assert [event.ended_at for event in case.events] == [e.ended_at for e in FULL.events]


@pytest.mark.parametrize("way", [by_card, by_vaers])
def test_days_survive_where_the_format_has_no_minutes(way):
    case = way(FULL)

    assert case.onset_at == GIVEN.date()
    assert case.suspects[0].given_at == GIVEN.date()


@settings(deadline=None)
@given(cases)
def test_a_second_passage_changes_nothing_more(facts):
    once = by_fhir(facts)
    by_both = by_e2b(once)

    assert by_fhir(once) == once
    assert by_e2b(by_fhir(by_both)) == replace(by_both, patient_name=by_e2b(by_both).patient_name)


def candidate(facts):
    return duplicates.Candidate(
        name=facts.patient_name,
        birth_date=facts.birth_date,
        sex=facts.sex,
        lots=frozenset(vaccine.lot for vaccine in facts.vaccines),
        given_at=facts.vaccines[0].given_at,
        onset_at=facts.onset_at,
    )


@pytest.mark.parametrize("way", [by_fhir, by_card])
def test_a_case_that_comes_back_by_another_way_is_found_as_a_duplicate(way):
    match = duplicates.compare(candidate(FULL), candidate(way(FULL)))

    assert match.likeness == duplicates.Likeness.LIKELY


def test_a_case_without_its_name_is_still_worth_a_look():
    match = duplicates.compare(candidate(FULL), replace(candidate(by_e2b(FULL)), name=""))

    assert match.likeness == duplicates.Likeness.POSSIBLE
