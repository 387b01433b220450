"""Officers and administrators log in in two steps; in between nobody is logged in."""

from base64 import b32encode

import pytest
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from alerts.models import Role
from alerts.services import second_step
from tests.factories import make_member, make_site, make_user

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def is_required(settings, db):
    settings.REQUIRE_TOTP = True


@pytest.fixture
def officer():
    return a_person(Role.OFFICER)


def a_person(role):
    person = make_member(make_site(), role=role)
    person.set_password(PASSWORD)
    person.save()
    return person


def log_in(client, person, following=""):
    form = {"username": person.username, "password": PASSWORD, "next": following}
    return client.post(reverse("lock"), form)


def code_of(person):
    return f"{totp(second_step.app_of(person).bin_key):06}"


def is_logged_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR])
def test_the_password_alone_logs_nobody_in(client, role):
    answer = log_in(client, a_person(role))

    assert answer.url == reverse("second-step")
    assert not is_logged_in(client)


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.CLINICIAN, Role.LEAD])
def test_the_floor_is_not_held_up(client, role):
    log_in(client, a_person(role))

    assert is_logged_in(client)


def test_the_first_code_confirms_the_app_and_leads_where_one_wanted(client, officer):
    log_in(client, officer, following="/api/docs/")
    page = client.get(reverse("second-step")).content.decode()
    assert "data:image/svg+xml" in page
    assert b32encode(second_step.app_of(officer).bin_key).decode() in page

    answer = client.post(reverse("second-step"), {"code": code_of(officer)})

    assert answer.url == "/api/docs/"
    assert is_logged_in(client)
    assert TOTPDevice.objects.get(user=officer).confirmed


def test_a_confirmed_app_is_never_shown_again(client, officer):
    TOTPDevice.objects.create(user=officer, name="app", confirmed=True)
    log_in(client, officer)

    assert "data:image/svg+xml" not in client.get(reverse("second-step")).content.decode()


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "000000", "１２３４５６"])
def test_a_wrong_code_says_so_and_logs_nobody_in(client, officer, code):
    log_in(client, officer)
    assert code != code_of(officer)

    answer = client.post(reverse("second-step"), {"code": code})

    assert answer.status_code == 200
    assert not is_logged_in(client)


def test_a_code_is_good_once(client, officer):
    log_in(client, officer)
    code = code_of(officer)
    client.post(reverse("second-step"), {"code": code})
    client.post(reverse("leave"))
    log_in(client, officer)

    client.post(reverse("second-step"), {"code": code})

    assert not is_logged_in(client)


def test_guessing_makes_one_wait(client, officer):
    log_in(client, officer)
    client.post(reverse("second-step"), {"code": "000000"})

    client.post(reverse("second-step"), {"code": code_of(officer)})

    assert not is_logged_in(client)


def test_nobody_comes_in_by_the_administrations_own_door(client):
    admin = make_user("chief", is_staff=True, is_superuser=True)
    admin.set_password(PASSWORD)
    admin.save()

    form = {"username": "chief", "password": PASSWORD}
    answer = client.post("/admin/login/?next=/admin/", form)
    assert answer.url.startswith(reverse("lock"))
    assert not is_logged_in(client)
    assert log_in(client, admin).url == reverse("second-step")


def test_the_embedded_default_asks_for_the_password_only(client, officer, settings):
    settings.REQUIRE_TOTP = False

    log_in(client, officer)

    assert is_logged_in(client)
