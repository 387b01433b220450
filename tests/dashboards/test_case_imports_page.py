"""The page that takes files in: what was opened, what was known, and each refusal with what to do."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from aefi.models import Case
from alerts.models import Role
from tests.aefi.test_case_imports import BUNDLE, DATA
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


def upload(person, site, *contents, language="en"):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    files = [SimpleUploadedFile(f"file-{n}", content) for n, content in enumerate(contents)]
    answer = caller.http.post(reverse("case-import"), {"site": site.pk, "uploads": files})
    return answer.content.decode()


def test_an_officer_sees_what_was_opened_and_what_to_do_about_the_rest(site):
    officer = make_member(site, Role.OFFICER)

    page = upload(officer, site, BUNDLE, DATA.encode())

    assert Case.objects.count() == 2
    assert "opened 1 · known before 0 · refused 2" in page
    assert "DATA line 3 RECVDATE" in page
    assert "Correct this line in the file and send the file again" in page


def test_a_file_nobody_can_read_is_told_so_in_chinese(site):
    page = upload(make_member(site, Role.OFFICER), site, b"hello", language="zh-hans")

    assert "请提交 VAERS 数据表" in page
    assert Case.objects.count() == 0


def test_no_file_and_a_foreign_site_are_said_beside_the_field(site):
    officer = make_member(site, Role.OFFICER)

    assert "Send between 1 and 200 files." in upload(officer, site)
    assert "errorlist" in upload(officer, make_site(name="other"), BUNDLE)
    assert Case.objects.count() == 0


def test_the_desk_leads_an_officer_there_and_nobody_else(site):
    link = reverse("case-import")

    def desk(role):
        return Caller(make_member(site, role)).ask("get", reverse("desk")).content.decode()

    assert link in desk(Role.OFFICER)
    assert link not in desk(Role.LEAD)
