"""The worklist's selection as a file: who is named, who took it away, and no cell is a formula."""

import csv
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.urls import reverse

from aefi.exchange import vaers
from aefi.exchange.case import CaseFacts, EventFacts, Sex, VaccineFacts
from aefi.exchange.cells import plain
from aefi.models import Assessment, CaseExport, CaseView
from aefi.services import assessments, case_lists, cases
from aefi.services.assessments import Decision, Sheet
from aefi.services.cases import Act
from alerts.models import Role
from alerts.outbox import Origin
from tests.aefi.cases import FULL
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


def opened(site, facts=FULL):
    return cases.open_by_hand(site, facts, Act(Origin(), NOON))


def file(person, name="case-list-file", query="", status=200):
    answer = Caller(person).ask("get", reverse(name) + query)
    assert answer.status_code == status, answer.content
    return answer.content


def lines(content):
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_line_tells_the_case_without_naming_the_person(site, officer):
    case = opened(site)

    content = file(officer)

    (line,) = lines(content)
    assert (line["number"], line["county"], line["lots"]) == (case.number, "310104", "A2025-01; H9")
    assert (line["birth_year"], line["sex"], line["outcome"]) == ("2017", "M", "recovered")
    assert line["serious_because"] == "hospitalisation; life_threatening"
    for secret in ("王小明", "13800000000", "王大山", "徐汇区", "2017-02-03"):
        assert secret not in content.decode()


def test_a_line_tells_what_was_decided_and_under_which_rules(site, officer):
    case, other, act = opened(site), opened(site), Act(Origin(actor=officer), NOON)
    for decided in ("2", "3"):
        base = getattr(assessments.newest(case, "brighton"), "pk", 0)
        sheet = Sheet("brighton", "brighton_2007", reading="speac_2021")
        assessments.assess(case.uuid, sheet, Decision(decided, "医院记录"), base=base, act=act)
    grade = Sheet("severity", "wao_2017", {"grade": "2", "is_over": True})
    assessments.assess(case.uuid, grade, Decision(), base=0, act=act)

    told = {line["number"]: line for line in lines(file(officer))}

    names = ("brighton_level", "brighton_rules", "severity_grade", "severity_scale")
    assert [told[case.number][name] for name in names] == [
        "3",
        "brighton_2007 speac_2021",
        Assessment.objects.get(kind="severity").decided,
        "wao_2017",
    ]
    assert [told[other.number][name] for name in names] == [""] * 4


def test_an_officer_with_a_reason_gets_names_and_both_are_kept(site, officer):
    case = opened(site)

    (line,) = lines(file(officer, query="?identified=1&reason=outbreak+call"))

    assert (line["patient_name"], line["phone"]) == ("王小明", "13800000000")
    view = CaseView.objects.get(case=case)
    assert (view.by, view.purpose) == (officer, "export line list identified outbreak call")


def test_names_without_a_reason_are_refused(site, officer):
    opened(site)

    file(officer, query="?identified=1&reason=+", status=409)
    assert not CaseView.objects.exists()


def test_names_are_for_officers_alone(site):
    opened(site)

    file(make_member(site, Role.LEAD), query="?identified=1&reason=x", status=403)


def test_an_officer_of_one_site_gets_no_names_of_another_where_he_is_lead(site, officer):
    other = make_site(name="other", county_code="310105")
    officer.memberships.create(site=other, role=Role.LEAD)
    opened(site)
    opened(other)

    assert len(lines(file(officer))) == 2
    assert len(lines(file(officer, query="?identified=1&reason=x"))) == 1


def test_the_filters_of_the_worklist_hold(site, officer):
    opened(site)
    opened(site, CaseFacts("", events=(EventFacts("头晕"),)))

    assert [line["signs"] for line in lines(file(officer, query="?q=头晕"))] == ["头晕"]
    assert len(lines(file(officer, query="?state=closed"))) == 0


def test_cases_of_other_sites_stay_where_they_are(site, officer):
    opened(make_site(name="other", county_code="310105"))

    assert lines(file(officer)) == []


def test_no_cell_is_a_formula(site, officer):
    opened(site, CaseFacts("", vaccines=(VaccineFacts('=HYPERLINK("x")', lot="@SUM(A1)"),)))

    (line,) = lines(file(officer))

    assert (line["vaccines"], line["lots"]) == ('\'=HYPERLINK("x")', "'@SUM(A1)")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("-1", "-1"),
        ("+86 1", "'+86 1"),
        (None, ""),
        ("a=b", "a=b"),
        ("\t=x", "'\t=x"),
        (-2.5, "-2.5"),
    ],
)
def test_only_what_a_spreadsheet_would_work_out_is_marked(cell, text):
    assert plain(cell) == text


def test_the_tables_of_vaers_are_read_back(site, officer):
    opened(site)
    opened(site, CaseFacts("", sex=Sex.FEMALE, narrative="=1+1"))

    with ZipFile(BytesIO(file(officer, "case-vaers-file"))) as packed:
        texts = {name: vaers.text_of(packed.read(name)) for name in packed.namelist()}
    names = ("VAERSDATA.csv", "VAERSVAX.csv", "VAERSSYMPTOMS.csv")
    read = vaers.cases_from(vaers.Tables(*(texts[name] for name in names)))

    assert read.refused == ()
    assert {case.narrative for case in read.cases} == {FULL.narrative, "'=1+1"}
    assert {len(case.vaccines) for case in read.cases} == {2, 0}
    assert CaseView.objects.filter(purpose__startswith="export VAERS").count() == 2


def test_more_cases_than_leave_at_once_are_refused_with_words(site, officer, monkeypatch):
    monkeypatch.setattr(case_lists, "MOST", 1)
    opened(site)
    opened(site)

    assert "1" in file(officer, status=409).decode()


def test_the_desk_offers_names_to_officers_alone(site, officer):
    words = 'name="identified"'

    assert words in Caller(officer).ask("get", reverse("desk")).content.decode()
    lead = make_member(site, Role.LEAD)
    assert words not in Caller(lead).ask("get", reverse("desk")).content.decode()


@pytest.mark.parametrize("name", ["case-list-file", "case-vaers-file"])
def test_an_unreadable_filter_gives_no_list_instead_of_all(site, officer, name):
    opened(site)

    told = file(officer, name, "?since=bad&state=closed", status=409)

    assert "筛选条件" in told.decode()
    assert not CaseView.objects.exists()


def test_a_workbook_is_not_asked_for_with_an_unreadable_filter(site, officer):
    opened(site)

    page = Caller(officer).http.post(reverse("case-exports"), {"since": "bad"}).content.decode()

    assert "筛选条件" in page
    assert not CaseExport.objects.exists()
