"""Cases in the three tables of VAERS, both ways, and the dirt of real exports."""

import gzip
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from aefi.exchange import vaers
from aefi.exchange.case import EventFacts, Outcome, Sex, day_of
from aefi.rules.seriousness import Criterion
from tests.aefi.cases import BARE, FULL, HEPA, MMR, cases, without
from tests.shared import shared


def there_and_back(*facts):
    reading = vaers.cases_from(vaers.tables(facts))
    assert reading.refused == ()
    return list(reading.cases)


OUTCOMES = {Outcome.RECOVERING: Outcome.NOT_RECOVERED, Outcome.SEQUELAE: Outcome.NOT_RECOVERED}


def held(facts):
    """Return what VAERS keeps of a case: days, one dose day, one onset day, five reasons."""
    kept = without(facts, vaers.NOT_HELD)
    given_on = min((day_of(v.given_at) for v in facts.vaccines if v.given_at), default=None)
    reasons = (facts.serious_because or frozenset()) - {Criterion.OTHER_IMPORTANT}
    outcome = OUTCOMES.get(facts.outcome, facts.outcome)
    if Criterion.DEATH in reasons:
        outcome = Outcome.DIED
    elif outcome == Outcome.DIED:
        outcome = None
    return replace(
        kept,
        country="",
        case_number=facts.case_number.lstrip("0"),
        vaccines=tuple(replace(v, given_at=given_on) for v in kept.vaccines),
        events=tuple(EventFacts(e.term, onset_at=day_of(facts.onset_at)) for e in facts.events),
        outcome=outcome,
        serious_because=reasons,
        died_at=day_of(facts.died_at),
        reported_at=day_of(facts.reported_at),
        received_at=day_of(facts.received_at),
    )


def test_a_case_comes_back_but_for_what_vaers_has_no_column_for():
    assert there_and_back(FULL, BARE) == [held(FULL), held(BARE)]


LOST = sorted(vaers.NOT_HELD - {"vaccines.is_suspect"})


@pytest.mark.parametrize("name", LOST)
def test_what_is_said_not_to_be_held_really_is_lost(name):
    owner, _, key = name.partition(".")
    (case,) = there_and_back(FULL)
    given = getattr(FULL, owner)

    if key:
        assert getattr(case.vaccines[0], key) != getattr(given[0], key)
    else:
        assert getattr(case, owner) != given


def test_vaers_knows_no_other_than_suspect_vaccines():
    (case,) = there_and_back(replace(FULL, vaccines=(HEPA,)))

    assert (case.vaccines[0].is_suspect, HEPA.is_suspect) == (True, False)


@settings(deadline=None)
@given(cases)
def test_every_case_comes_back(facts):
    if facts.case_number.strip("0"):
        assert there_and_back(facts) == [held(facts)]


def test_the_tables_have_the_columns_of_the_year_2021():
    tables = vaers.tables([FULL])
    path = shared("data/vaers/2021janVAERSDATA_fulltext.csv.gz")
    with gzip.open(path, "rt", encoding="cp1252") as lines:
        theirs = next(lines).strip()

    assert tables.data.splitlines()[0] == theirs
    assert tables.vaccines.startswith("VAERS_ID,VAX_TYPE,VAX_MANU,VAX_LOT,VAX_DOSE_SERIES,")
    assert tables.symptoms.startswith("VAERS_ID,SYMPTOM1,SYMPTOMVERSION1,SYMPTOM2,")


def line(facts, column):
    header, row = vaers.tables([replace(facts, narrative="x")]).data.splitlines()
    return dict(zip(header.split(","), row.split(","), strict=True))[column]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("VAERS_ID", "31010420250001"),
        ("RECVDATE", "03/03/2025"),
        ("STATE", "FR"),
        ("AGE_YRS", "8"),
        ("SEX", "M"),
        ("DIED", ""),
        ("L_THREAT", "Y"),
        ("HOSPITAL", "Y"),
        ("RECOVD", "Y"),
        ("VAX_DATE", "03/03/2025"),
        ("NUMDAYS", "0"),
    ],
)
def test_facts_stand_in_their_columns(column, expected):
    assert line(FULL, column) == expected


def test_days_to_onset_are_counted_between_days():
    late = replace(FULL, events=(EventFacts("Rash", onset_at=date(2025, 3, 8)),))

    assert line(late, "NUMDAYS") == "5"
    assert line(replace(FULL, events=()), "NUMDAYS") == ""
    assert line(replace(FULL, sex=Sex.UNKNOWN), "SEX") == "U"


def test_more_than_five_terms_take_more_rows():
    many = replace(FULL, events=tuple(EventFacts(f"Term {n}") for n in range(11)))

    assert len(vaers.tables([many]).symptoms.splitlines()) == 1 + 3
    (case,) = there_and_back(many)
    assert [event.term for event in case.events] == [f"Term {n}" for n in range(11)]


def test_a_long_course_is_cut_where_vaers_cuts():
    (case,) = there_and_back(replace(FULL, narrative="x" * 40_000))

    assert len(case.narrative) == 32_000


@pytest.mark.parametrize(
    ("card_site", "comes_back"), [("1", "1"), ("4", "4"), ("5", ""), ("6", "")]
)
def test_the_side_of_a_buttock_is_not_guessed(card_site, comes_back):
    (case,) = there_and_back(replace(FULL, vaccines=(replace(MMR, site=card_site),)))

    assert case.vaccines[0].site == comes_back


DATA = "VAERS_ID,STATE,AGE_YRS,SEX,VAX_DATE,ONSET_DATE,DIED\n"


def read(
    *rows, vax="VAERS_ID,VAX_TYPE,VAX_LOT,VAX_DOSE,VAX_NAME\n", symptoms="VAERS_ID,SYMPTOM1\n"
):
    return vaers.cases_from(vaers.Tables(DATA + "\n".join(rows), vax, symptoms))


def test_leading_zeros_do_not_part_a_report_from_its_vaccines():
    reading = read(
        "0916606,NV,44,F,12/29/2020,12/29/2020,",
        vax="VAERS_ID,VAX_TYPE,VAX_LOT,VAX_DOSE,VAX_NAME\n916606,COVID19,#EN6201,7+,\n",
        symptoms="VAERS_ID,SYMPTOM1\n00916606,Chills\n",
    )
    (case,) = reading.cases

    assert (case.case_number, case.country) == ("916606", "US")
    assert (case.vaccines[0].name, case.vaccines[0].lot) == ("COVID19", "#EN6201")
    assert case.vaccines[0].dose_number is None
    assert case.events == (EventFacts("Chills", onset_at=date(2020, 12, 29)),)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,NV,44,F,12/29/2020", "DATA line 2: 5 fields under 7 columns"),
        ("1,NV,44,F,29/12/2020,,", "DATA line 2 VAX_DATE: cannot read '29/12/2020'"),
        ("1,NV,old,F,,,", "DATA line 2 AGE_YRS: cannot read 'old'"),
        ("000,NV,1,F,,,", "DATA line 2: VAERS_ID is missing"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_the_others_are_read(row, reason):
    reading = read(row, "", "2,NV,,,,,N")

    assert [str(refusal) for refusal in reading.refused] == [reason]
    assert [case.case_number for case in reading.cases] == ["2"]


def test_an_impossible_age_or_order_is_kept_as_reported():
    (case,) = read(
        "1,NV,119,F,12/29/2020,12/01/2020,",
        vax="VAERS_ID,VAX_TYPE\n1,FLU\n",
        symptoms="VAERS_ID,SYMPTOM1\n1,Rash\n",
    ).cases

    assert case.age_years == 119
    assert case.onset_at < case.vaccines[0].given_at


def test_a_field_without_an_end_is_told():
    reading = read("1,NV,1,F,,,", '2,NV,1,F,,,"' + "x" * 200_000, "3,NV,1,F,,,")

    assert str(reading.refused[0]).startswith("DATA line 3: field larger")
    assert reading.cases[0].case_number == "1"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("é王".encode(), "é王"),
        ("\ufeffVAERS_ID".encode(), "VAERS_ID"),
        ("caf\xe9 \x92".encode("latin-1"), "café ’"),
        (b"\xe9\x81", "é\ufffd"),
    ],
)
def test_old_exports_are_not_utf_8(content, text):
    assert vaers.text_of(content) == text


@pytest.mark.parametrize(
    ("prefix", "data", "count"),
    [("1999VAERS", "DATA", 11_000), ("2021janVAERS", "DATA_fulltext", 1_000)],
)
def test_a_real_year_is_read_without_a_refused_row(prefix, data, count):
    def text(kind):
        return vaers.text_of(
            gzip.decompress(shared(f"data/vaers/{prefix}{kind}.csv.gz").read_bytes())
        )

    reading = vaers.cases_from(vaers.Tables(text(data), text("VAX"), text("SYMPTOMS")))

    assert reading.refused == ()
    assert len(reading.cases) >= count
    assert sum(1 for case in reading.cases if case.vaccines and case.events) > 0.95 * count
