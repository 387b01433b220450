"""The admin: look at everything, set up places and people, delete nothing that is leant on."""

import pytest
from django.contrib import admin
from django.urls import reverse

from alerts.models import AccessToken, Alert, EscalationStep, Event, Site, Timer
from alerts.permissions.authentication import token_named
from tests.factories import make_user

MODELS = [model for model in admin.site._registry if model._meta.app_label == "alerts"]
WRITTEN_BY_THE_PRODUCT = {
    "alert", "clockhold", "command", "device", "duty", "event", "handover", "heartbeat", "note", "page",
    "receipt", "responder", "session", "stream", "timer", "trialpage",
}  # fmt: skip


@pytest.fixture
def root(client, db):
    client.force_login(
        make_user("root", is_staff=True, is_superuser=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def address(model, page, *args):
    return reverse(f"admin:alerts_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_every_list_opens_and_offers_no_deletion(root, world, model):
    world.on_duty("li")
    world.call()
    root_person = make_user("tokened")
    AccessToken.objects.create(user=root_person, name="t", digest="d", created_at=world.now)

    listed = root.get(address(model, "changelist"))

    assert listed.status_code == 200
    assert b"delete_selected" not in listed.content
    row = model.objects.first()
    if row is not None:
        assert root.get(address(model, "change", row.pk)).status_code == 200
        assert root.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_what_the_product_writes_is_only_looked_at(rf, db):
    request = rf.get("/")
    request.user = make_user("root", is_superuser=True)

    read_only = {
        model._meta.model_name
        for model in MODELS
        if not admin.site._registry[model].has_change_permission(request)
        and not admin.site._registry[model].has_add_permission(request)
    }

    assert read_only == WRITTEN_BY_THE_PRODUCT


@pytest.mark.parametrize("model", [Event, Alert, Timer])
def test_a_posted_change_of_the_log_is_refused(root, world, model):
    world.call()
    row = model.objects.first()

    assert root.post(address(model, "change", row.pk), {"type": "x"}).status_code == 403
    assert root.post(address(model, "add"), {"type": "x"}).status_code == 403


def test_secrets_are_not_shown(root, world):
    device = world.site.devices.create(name="d", secret_digest="5ecre7", enrolment_digest="c0de")

    shown = root.get(address(type(device), "change", device.pk)).content.decode()

    assert "5ecre7" not in shown
    assert "c0de" not in shown


def test_a_token_is_shown_once_and_kept_as_a_digest(root):
    person = make_user("machine")
    body = {"user": person.pk, "name": "import", "scopes": ["read", "import"]}

    english = {"Accept-Language": "en"}
    added = root.post(address(AccessToken, "add"), body, follow=True, headers=english)
    said = added.content.decode()

    token = AccessToken.objects.get()
    secret = said.split("shown this once: ")[1].split("<")[0]
    assert token_named(secret) == token
    assert (token.scopes, token.user) == (["read", "import"], person)
    changed = {**body, "name": "renamed"}
    root.post(address(AccessToken, "change", token.pk), changed)
    assert token_named(secret).name == "renamed"


@pytest.mark.parametrize(
    ("targets", "is_kept"),
    [('["nurse", "everyone"]', True), ('["the boss"]', False), ('"nurse"', False), ("{}", False)],
)
def test_a_step_names_only_people_that_are_understood(root, world, targets, is_kept):
    policy = world.site.escalation_policies.create(name="high")
    step = {
        "number": 0,
        "after": "0",
        "repeat_every": "10",
        "targets": targets,
        "channels": '["outside"]',
    }
    body = {"site": world.site.pk, "name": "high", "version": 2, "steps-TOTAL_FORMS": 1}
    body |= {"steps-INITIAL_FORMS": 0} | {f"steps-0-{name}": step[name] for name in step}

    root.post(address(type(policy), "change", policy.pk), body)

    assert EscalationStep.objects.exists() == is_kept


def test_a_site_made_by_hand_can_call_for_help(root, world):
    body = {"name": "mobile 1", "kind": "mobile", "timezone": "Asia/Shanghai"}

    root.post(address(Site, "add"), body)

    world.site = Site.objects.get(name="mobile 1")
    world.site.seats.model.objects.all().update(site=world.site)
    assert world.call().site == world.site


def test_too_many_wrong_passwords_lock_the_login_page(client, db, settings):
    make_user("root", is_staff=True)
    body = {"username": "root", "password": "guess"}
    for _attempt in range(settings.AXES_FAILURE_LIMIT):
        client.post("/lock/", body)

    locked = client.post("/lock/", {**body, "password": "right-horse-9"})

    assert locked.status_code == 429
    assert b"<form" in locked.content
