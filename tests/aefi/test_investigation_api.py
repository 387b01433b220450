"""The investigation over HTTP: sheets, the printed form, documents."""

import pytest
from django.test import Client

from aefi.exchange import investigation_paper
from aefi.models import Case, CaseView, RecordKind
from aefi.rules.investigation_form import SECTIONS, SHEETS
from alerts.models import Role
from tests.aefi.cases import FULL
from tests.aefi.test_exchange_card_pdf import letters
from tests.factories import NOON
from tests.floor_factories import Floor, frozen

pytestmark = pytest.mark.django_db
FORM = {"history.1.illness": "1", "history.1.illness_name": "哮喘", "giving.1.correct": "1"}
INTERVIEW = {"whom": "李护士", "role": "接种人员", "said": "接种后 3 分钟发现"}


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


@pytest.fixture
def path(floor):
    concern = {"facts": {"narrative": "发热"}}
    case = floor.post("{site}/cases/", concern, role=Role.OFFICER)
    assert case.status_code == 201, case.content
    return f"cases/{case.json()['uuid']}/"


def write(floor, path, kind, data, **more):
    body = {"kind": kind, "answers": data, **more}
    return floor.post(f"{path}investigation/", body, role=Role.OFFICER)


def test_sheets_are_written_read_and_corrected(floor, path):
    first = write(floor, path, "form", FORM).json()
    assert sorted(first["missing"]) == ["final_diagnosis", "investigated_on"]

    assert write(floor, path, "form", FORM).status_code == 409
    again = write(floor, path, "form", {"giving.1.correct": "2"}, replaces=first["uuid"])
    write(floor, path, "interview", INTERVIEW)

    rows = floor.get(f"{path}investigation/", role=Role.OFFICER).json()
    assert again.json()["replaces"] == first["uuid"]
    assert [(row["kind"], row["answers"]) for row in rows] == [
        ("form", {"giving.1.correct": "2"}),
        ("interview", INTERVIEW),
    ]
    assert rows[1]["missing"] == ["held_at", "by"]


@pytest.mark.parametrize(
    ("kind", "data", "status"),
    [
        ("form", {"nonsense": "1"}, 409),
        ("form", {"giving.1.correct": "9"}, 409),
        ("interview", {}, 409),
        ("x", {}, 400),
    ],
)
def test_what_the_form_does_not_ask_is_refused(floor, path, kind, data, status):
    assert write(floor, path, kind, data).status_code == status


def test_a_document_goes_in_comes_out_and_is_withdrawn(floor, path):
    client = Client(headers=floor.headers(Role.OFFICER))
    sent = client.generic(
        "POST", f"/api/v1/{path}documents/?name=冷链.csv", b"t,c\n1,4\n", content_type="text/csv"
    )
    kept = sent.json()
    assert (sent.status_code, kept["name"], kept["size"]) == (201, "冷链.csv", 8)

    got = client.get(f"/api/v1/{path}documents/{kept['uuid']}/")
    assert (got.content, got["X-Content-Type-Options"]) == (b"t,c\n1,4\n", "nosniff")
    assert CaseView.objects.filter(purpose="document 冷链.csv").exists()

    gone = floor.post(
        f"{path}documents/{kept['uuid']}/withdraw/", {"reason": "重复"}, role=Role.OFFICER
    ).json()
    listed = floor.get(f"{path}documents/", role=Role.OFFICER).json()
    assert gone["withdrawn_reason"] == listed[0]["withdrawn_reason"] == "重复"


def test_what_could_run_is_no_document(floor, path):
    client = Client(headers=floor.headers(Role.OFFICER))
    sent = client.generic(
        "POST", f"/api/v1/{path}documents/?name=a.html", b"<script>", content_type="text/html"
    )
    assert sent.status_code == 409
    assert client.post(f"/api/v1/{path}documents/").status_code == 400
    assert floor.get(f"{path}documents/", role=Role.OFFICER).json() == []


def test_the_form_as_a_page_has_every_item_and_every_sheet(floor, path):
    write(floor, path, "form", FORM)
    write(floor, path, "interview", INTERVIEW)
    assert floor.get(f"{path}investigation/pdf/", role=Role.OFFICER).status_code == 400

    answer = floor.get(f"{path}investigation/pdf/?reason=存档", role=Role.OFFICER)

    case = Case.objects.get()
    assert answer["Content-Type"] == "application/pdf"
    assert {*"哮喘李护士访谈"} <= letters(answer.content)
    assert case.views.filter(purpose__contains="存档").exists()


def test_the_page_prints_what_is_typed_as_text_and_a_column_for_each_vaccine():
    form = {"history.1.illness_name": "<script>alert(1)</script>", "vaccine.2.kept_c": "4.5"}
    sheets = {kind: [{}] for kind in SHEETS}

    page = investigation_paper.page(FULL, form, sheets)

    assert "<script>" not in page
    assert "4.5" in page or len(FULL.suspects) < 2
    assert all(section.zh in page for section in SECTIONS)
    assert all(item.zh in page for items in SHEETS.values() for item in items)
    assert set(SHEETS) == set(investigation_paper.SHEET_TITLES) == set(RecordKind) - {"form"}
