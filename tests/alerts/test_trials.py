"""The trial page: one a minute goes the way of every page, and silence about it is a fault."""

from datetime import timedelta

import pytest

from alerts.dispatcher import Dispatcher
from alerts.gateways.channels import LogChannel, Message, NotSent, OutsideChannel
from alerts.gateways.courier import outcome
from alerts.hub.reading import pulse
from alerts.models import TrialPage
from alerts.services import invariants, trials
from alerts.watchdog import Watchdog
from tests.alerts.live_site import now
from tests.factories import make_session, make_site

pytestmark = pytest.mark.django_db(transaction=True)


class Outside:
    """A way out that can be away."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.is_away = False

    def send(self, message: Message) -> None:
        if self.is_away:
            raise NotSent("It is away.")
        self.sent.append(message)

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def dispatcher(transactional_db, outside):
    dispatcher = Dispatcher("pager test", outside)
    yield dispatcher
    dispatcher.close()


def test_one_trial_page_a_minute_is_written_however_many_watch(db):
    noon = now().replace(second=0, microsecond=0)
    for seconds in (0, 1, 30, 59, 60, 61):
        trials.write_due(now=noon + timedelta(seconds=seconds))

    assert TrialPage.objects.count() == 2


def test_the_watchdog_writes_it_and_the_dispatcher_sends_it(dispatcher, outside):
    assert pulse()["trial_age_ms"] is None
    Watchdog().step()

    dispatcher.step()

    assert [message.is_trial for message in outside.sent] == [True]
    assert TrialPage.objects.get().sent_at is not None
    assert 0 <= pulse()["trial_age_ms"] < 5000


def test_a_trial_page_that_does_not_leave_is_a_fault_until_one_does(dispatcher, outside):
    site = make_site()
    make_session(site)
    start = now()
    outside.is_away = True
    trials.write_due(now=start)
    dispatcher.step()
    assert not trials.is_lost(now=start + trials.LOST_AFTER)

    later = start + trials.LOST_AFTER + timedelta(seconds=1)
    assert invariants.broken(now=later)["trial_page_lost"] == {site.pk}

    outside.is_away = False
    TrialPage.objects.update(next_attempt_at=now())
    dispatcher.step()
    assert "trial_page_lost" not in invariants.broken(now=later)


def test_a_trial_page_goes_out_beside_pages_that_hang(dispatcher, outside):
    dispatcher._in_flight.add(7)
    trials.write_due(now=now())

    dispatcher.step()

    assert len(outside.sent) == 1


def test_old_trial_pages_are_forgotten_so_that_a_night_off_is_no_silence(db):
    night = now() - timedelta(hours=8)
    trials.write_due(now=night)
    TrialPage.objects.update(sent_at=night)

    trials.write_due(now=now())

    assert trials.age_ms(now=now()) is None


def test_a_trial_without_an_address_writes_nothing_and_still_tries_the_file(tmp_path):
    trial = Message("trial:1", (), trials.TITLE, trials.TEXT, is_trial=True)
    LogChannel(tmp_path / "outbox.log").send(trial)
    assert (tmp_path / "outbox.log").read_text() == ""

    with pytest.raises(NotSent):
        LogChannel(tmp_path / "missing" / "outbox.log").send(trial)


@pytest.mark.parametrize(("urls", "way"), [([], "_log"), (["json://127.0.0.1:1"], "_apprise")])
def test_where_a_gateway_is_used_the_trial_goes_as_far_as_its_process(
    settings, monkeypatch, urls, way
):
    settings.APPRISE_URLS = urls
    channel, sent = OutsideChannel(), []
    monkeypatch.setattr(getattr(channel, way), "send", sent.append)

    channel.send(Message("trial:1", (), trials.TITLE, trials.TEXT, is_trial=True))

    assert len(sent) == 1


def test_the_sending_process_answers_a_trial_without_an_address():
    message = {"addresses": [], "title": "", "body": ""}

    assert outcome({**message, "is_trial": True}) == "ok"
    assert outcome({**message, "is_trial": False}) != "ok"


def test_the_sites_monitoring_gets_the_trial_page(settings, dispatcher, outside):
    settings.TRIAL_URLS = ["json://monitor.example"]
    trials.write_due(now=now())

    dispatcher.step()

    assert outside.sent[0].addresses == ("json://monitor.example",)
