"""A case without names: neither in its fields nor in what was told, and every export alike."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from aefi.exchange import stored
from aefi.exchange.case import CaseFacts, EventFacts, ReporterFacts
from aefi.exchange.pseudonym import pseudonymised
from alerts.models import Role
from tests.factories import NOON
from tests.floor_factories import Floor, frozen

NAMED = CaseFacts(
    "1",
    patient_name="王秘密",
    guardian="赵秘母",
    phone="13911112222",
    narrative="王秘密发热，赵秘母来电13911112222，李报告记录",
    medical_history="王秘密的哥哥亦有",
    comments="li@x.cn",
    preliminary_diagnosis="王秘密：发热",
    events=(EventFacts("王秘密发热"),),
    reporter=ReporterFacts("李报告", "市一接种点", "护士", "li@x.cn", "13800001111"),
)
SECRETS = ("王秘密", "赵秘母", "13911112222", "李报告", "13800001111", "li@x.cn")


def test_no_name_or_number_of_the_record_is_left_anywhere():
    text = str(pseudonymised(stored.to_json(NAMED)))

    assert [secret for secret in SECRETS if secret in text] == []


def test_what_names_nobody_stays():
    left = pseudonymised(stored.to_json(NAMED))

    assert left["narrative"] == "***发热，***来电***，***记录"
    assert (left["reporter"]["institution"], left["reporter"]["position"]) == ("市一接种点", "护士")
    assert stored.from_json(left).events[0].term == "***发热"


def test_a_name_of_one_sign_takes_nothing_out_of_the_words():
    told = CaseFacts("1", patient_name="发", narrative="发热")

    assert pseudonymised(stored.to_json(told))["narrative"] == "发热"


@pytest.mark.parametrize("form", ["fhir", "e2b", "card"])
def test_no_export_names_anybody_unasked(db, form):
    with frozen(NOON):
        floor = Floor(county_code="310104")
        facts = {**stored.to_json(NAMED), "discovered_at": None}
        made = floor.post("{site}/cases/", {"facts": facts}, role=Role.LEAD).json()

        answer = floor.get(f"cases/{made['uuid']}/{form}/", role=Role.OFFICER)

    content = answer.content
    if form == "card":
        rows = load_workbook(BytesIO(content)).active.values
        content = str(list(rows)).encode()
    assert answer.status_code == 200
    assert [secret for secret in SECRETS if secret in content.decode()] == []
