"""The guardian's page and the slip: what they show, to whom, and what they never show."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from aefi.models import Case
from aefi.services import guardian
from alerts.models import Alert, Role
from dashboards.views.guardian import MISSES
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen, make_observation, make_party, make_recipient

RELEASED = {"ended_at": NOON + timedelta(minutes=30), "end_kind": "complete"}


@pytest.fixture(autouse=True)
def at_one(db):
    cache.clear()
    with frozen(NOON + timedelta(hours=1)):
        yield
    cache.clear()


@pytest.fixture
def site():
    return make_site(hotline="021-12345678")


@pytest.fixture
def watch(site):
    child = make_recipient(site, "欧阳明日香", phone="13900000000")
    return make_observation(
        site, seat="A3", recipient=child, started_at=NOON + timedelta(minutes=50)
    )


def family(watch, **changes):
    for name, value in changes.items():
        setattr(watch, name, value)
    watch.save()
    secret = guardian.secret_of(guardian.link_for(watch, by=None, now=NOON + timedelta(hours=1)))
    return secret, Client(enforce_csrf_checks=True)


def look(secret, name="guardian", language="en"):
    http = Client()
    http.cookies["django_language"] = language
    return http.get(reverse(name, args=[secret]))


def send(secret, watch, **said):
    body = {"observation": str(watch.uuid), "unwell": "yes", **said}
    return Client().post(reverse("guardian-answer", args=[secret]), body)


def test_the_page_says_when_without_script_and_names_nobody(watch):
    make_observation(watch.site, seat="A9", recipient=make_recipient(watch.site, "司马别家"))
    secret, _http = family(watch)

    answer = look(secret)
    page = answer.content.decode()

    assert "13:20" in page
    assert "A3" in page
    assert not [word for word in ("欧阳", "13900000000", "司马", "A9") if word in page]
    assert "To be approved by" in page
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert "请留在座位上" in look(secret, language="zh-hans").content.decode()


def test_the_state_has_the_servers_time_and_the_due_time_of_the_board(watch):
    secret, _http = family(watch)

    told = look(secret, "guardian-state").json()

    assert told["server_time"] == (NOON + timedelta(hours=1)).isoformat()
    assert [one["due_at"] for one in told["members"]] == [watch.due_at.isoformat()]
    assert set(told["members"][0]) == {"uuid", "due_at", "ended_at", "call"}


def test_a_call_needs_no_cookie_and_a_second_one_joins(watch):
    secret, http = family(watch)
    address = reverse("guardian-call", args=[secret])

    answers = [http.post(address, {"observation": str(watch.uuid)}), http.post(address)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Alert.objects.get().subject == watch.uuid
    assert "Staff have been called" in look(secret).content.decode()


def test_a_call_for_somebody_of_another_family_calls_to_ones_own(watch):
    other = make_observation(watch.site, seat="A9")
    secret, http = family(watch)

    http.post(reverse("guardian-call", args=[secret]), {"observation": str(other.uuid)})

    assert Alert.objects.get().subject == watch.uuid


def test_a_yes_is_a_draft_on_the_officers_worklist(watch):
    secret, _http = family(watch, **RELEASED)

    answer = send(secret, watch, what="手臂红肿", phone="13800000000")

    assert answer.status_code == 302
    officer = Caller(make_member(watch.site, Role.OFFICER))
    desk = officer.ask("get", reverse("desk")).content.decode()
    assert Case.objects.get().number in desk
    assert "手臂红肿" in desk


def test_an_impossible_time_is_explained_and_nothing_is_lost(watch):
    secret, _http = family(watch, **RELEASED)

    answer = send(secret, watch, what="手臂红肿", onset_at="2026-11-22T08:00")

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert "手臂红肿" in answer.content.decode()
    assert not Case.objects.exists()


@pytest.mark.parametrize("said", [{"unwell": "x"}, {"onset_at": "x"}, {"observation": "x"}])
def test_what_cannot_be_read_changes_nothing(watch, said):
    secret, _http = family(watch, **RELEASED)

    assert send(secret, watch, **said).status_code == 200
    assert not Case.objects.exists()


def test_an_answer_about_another_family_is_not_found(watch):
    other = make_observation(watch.site, **RELEASED)
    secret, _http = family(watch, **RELEASED)

    assert send(secret, other).status_code == 404


def test_an_answer_without_the_pages_token_is_refused(watch):
    secret, http = family(watch, **RELEASED)

    assert http.post(reverse("guardian-answer", args=[secret]), {}).status_code == 403


def test_guessing_is_cut_short_and_a_right_code_still_opens(watch):
    secret, _http = family(watch)

    codes = [look(f"guess-{n}").status_code for n in range(MISSES + 1)]

    assert (codes[0], codes[-1]) == (404, 429)
    assert look(secret).status_code == 200


def test_the_slip_has_code_tickets_and_hotline_and_no_name(watch):
    party = make_party(watch.site)
    sister = make_observation(watch.site, seat="A4", party=party)
    watch.party = party
    watch.save()
    observer = Caller(make_member(watch.site, Role.OBSERVER))

    page = observer.ask("get", reverse("guardian-slip", args=[watch.site.uuid, watch.uuid]))
    text = page.content.decode()

    link = guardian.link_for(watch, by=None, now=NOON + timedelta(hours=1))
    assert reverse("guardian", args=[guardian.secret_of(link)]) in text
    assert "data:image/svg+xml" in text
    assert "021-12345678" in text
    assert all(f"<b>{row.ticket}</b>" in text for row in (watch, sister))
    assert "欧阳" not in text


def test_staff_make_a_code_invalid_and_get_another(watch):
    secret, _http = family(watch)
    keys = [watch.site.uuid, watch.uuid]
    observer = Caller(make_member(watch.site, Role.OBSERVER))

    answer = observer.http.post(reverse("guardian-revoke", args=keys))

    assert answer.status_code == 302
    assert look(secret).status_code == 404
