"""The figures: what they count, what they leave out, who may read them, and as what."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from alerts.models import Alert, Page, Role, Site, Timer, TimerState
from alerts.outbox import Origin
from alerts.services import calls, delivery, figures, heartbeats
from alerts.services.timers import arm_timer
from tests.alerts.live_site import now as real_now
from tests.callers import Caller
from tests.factories import make_member, make_site, make_token, make_user
from tests.world import World

HERE = {"HTTP_HOST": "127.0.0.1:8000"}


def after(world: World, seconds: float):
    return world.now + timedelta(seconds=seconds)


def answer(world: World, alert: Alert, *, in_seconds: float, there_in: float) -> None:
    person = make_user(f"answerer{alert.pk}")
    keys = {"alert_uuid": alert.uuid, "responder": person, "origin": Origin(actor=person)}
    calls.acknowledge(**keys, now=after(world, in_seconds))
    calls.arrive(**keys, now=after(world, there_in))


def figures_of(world: World) -> figures.CallFigures:
    return figures.calls(Site.objects.filter(pk=world.site.pk), now=world.now)[0]


def channel(world: World, name: str) -> figures.ChannelFigures:
    found = figures.channels(Site.objects.filter(pk=world.site.pk), now=world.now)
    return next(one for one in found if one.channel == name)


def test_time_to_answer_and_to_arrival_are_counted_from_the_call(world):
    for seconds in (4, 8):
        answer(world, world.call(), in_seconds=seconds, there_in=seconds * 10)
    world.call()

    found = figures_of(world)

    assert (found.calls, found.running, found.unanswered) == (3, 3, 1)
    assert (found.to_answer.mean, found.to_answer.longest) == (6, 8)
    assert found.to_arrival.mean == 60


def test_drills_late_entries_yesterdays_and_other_sites_calls_are_left_out(world):
    world.call(is_drill=True)
    Alert.objects.filter(pk=world.call().pk).update(source="paper")
    old = world.now - figures.PERIOD - timedelta(seconds=1)
    Alert.objects.filter(pk=world.call().pk).update(raised_at=old)
    elsewhere = make_site(name="elsewhere")
    calls.raise_alert(site=elsewhere, call=calls.Call(), origin=Origin(), now=world.now)

    assert figures_of(world).calls == 0


def test_a_screen_page_counts_from_its_making_to_its_first_display(world):
    person = world.on_duty("li")
    page = world.call().pages.get(channel="screen", responder=person)
    for kind, seconds in (("received", 1), ("displayed", 2), ("sounded", 3)):
        calls.record_receipt(page=page, kind=kind, origin=Origin(), now=after(world, seconds))

    assert channel(world, "screen").latency.longest == 2


def test_a_screen_that_confirms_nothing_fails_after_ten_seconds(world):
    world.on_duty("li")
    world.call()
    assert channel(world, "screen").failures == 0

    world.now = after(world, 11)

    assert channel(world, "screen").failures == 1


def test_an_outside_page_counts_its_hand_off_its_failed_tries_and_its_end(world):
    world.on_duty("li")
    page = world.call().pages.get(channel="outside")
    for seconds in (0, 20):
        claim_and_fail(page, at=after(world, seconds))
    assert delivery.claim(fresh(page), owner="a", now=after(world, 60))
    assert delivery.mark_sent(page, owner="a", text="x", now=after(world, 61))

    found = channel(world, "outside")

    assert (found.pages, found.failures, found.given_up, found.latency.longest) == (1, 2, 0, 61)


def claim_and_fail(page: Page, *, at) -> None:
    current = fresh(page)
    assert delivery.claim(current, owner="a", now=at)
    delivery.mark_failed(current, owner="a", error="no", now=at)


def fresh(page: Page) -> Page:
    return Page.objects.get(pk=page.pk)


def test_a_page_given_up_counts_unless_somebody_had_answered(world):
    world.on_duty("li")
    page = world.call().pages.get(channel="outside")
    Page.objects.filter(pk=page.pk).update(given_up_at=world.now, error="no")
    assert channel(world, "outside").given_up == 1

    Page.objects.filter(pk=page.pk).update(error=delivery.ANSWERED)

    assert channel(world, "outside").given_up == 0


def test_the_clockworks_lateness_and_its_oldest_work(world):
    fired = arm_timer("x", "a", due_at=world.now)
    Timer.objects.filter(pk=fired.pk).update(state=TimerState.FIRED, fired_at=after(world, 3))
    arm_timer("x", "b", due_at=world.now)

    found = figures.house(now=after(world, 5))

    assert (found.timer_lateness.longest, found.oldest_timer_seconds) == (3, 5)
    assert found.pager is None


def scraped(response) -> dict[tuple[str, ...], float]:
    """Return each sample of an answer by its name and labels."""
    text = response.content.decode()
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}


def test_this_machine_reads_the_metrics_of_every_site(world):
    heartbeats.record("pager a:1", lag_ms=0, now=real_now())
    elsewhere = make_site(name="elsewhere")

    found = scraped(Client().get(reverse("metrics"), headers={}, **HERE))

    assert found["aefi_sockets",] == 0
    assert found["aefi_heartbeat_age_seconds", "pager"] < 5
    assert found["aefi_heartbeat_age_seconds", "watchdog"] == float("inf")
    for site in (world.site, elsewhere):
        assert ("aefi_calls", str(site.uuid)) in found


def test_a_token_reads_only_its_own_sites(world):
    elsewhere = make_site(name="elsewhere")
    token = make_token(make_member(world.site, Role.LEAD))

    found = scraped(Caller(token=token).ask("get", "/metrics"))

    assert ("aefi_calls", str(world.site.uuid)) in found
    assert ("aefi_calls", str(elsewhere.uuid)) not in found


@pytest.mark.parametrize(
    "request_",
    [
        {"HTTP_HOST": "localhost", "REMOTE_ADDR": "10.0.0.5"},
        {"HTTP_HOST": "testserver", "REMOTE_ADDR": "127.0.0.1"},
        {"HTTP_HOST": "localhost", "HTTP_X_FORWARDED_FOR": "10.0.0.5"},
        {"HTTP_HOST": "localhost", "HTTP_FORWARDED": "for=10.0.0.5"},
    ],
)
def test_nobody_else_passes_for_this_machine(db, request_):
    assert Client().get("/metrics", **request_).status_code == 401


def test_a_token_that_may_only_write_reads_no_metrics(world):
    token = make_token(make_member(world.site, Role.LEAD), scopes=["write"])

    assert Caller(token=token).ask("get", "/metrics").status_code == 403


def test_the_page_shows_words_and_numbers_in_both_languages(world):
    answer(world, world.call(), in_seconds=4, there_in=40)
    Alert.objects.update(raised_at=real_now() - timedelta(seconds=7), acknowledged_at=real_now())
    lead = Caller(make_member(world.site, Role.LEAD))
    address = reverse("figures", args=[world.site.uuid])

    chinese = lead.ask("get", address).content.decode()
    lead.http.cookies["django_language"] = "en"
    english = lead.ask("get", address).content.decode()

    assert "呼叫至首次响应" in chinese
    assert "从未收到心跳" in chinese
    assert "Call to first answer" in english
    assert "7.0" in english
