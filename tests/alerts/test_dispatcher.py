"""The dispatcher: claim, send, mark; nothing is lost, nobody is held up, nothing goes out needlessly."""

import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alerts.dispatcher import Dispatcher
from alerts.gateways.channels import LogChannel, Message, NotSent, OutsideChannel
from alerts.models import Event, Note, Page, Receipt
from alerts.outbox import SYSTEM
from alerts.rules.wording import DRILL, PageFacts, page_body, page_title
from alerts.services import calls, delivery, notes
from tests.alerts.live_site import now
from tests.factories import make_duty, make_member, make_session, make_site

pytestmark = pytest.mark.django_db(transaction=True)


class FakeChannel:
    """An outside that counts what it was handed; it can be down, or hang."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.is_down = False
        self.hangs_for: set[str] = set()
        self.let_go = threading.Event()

    def send(self, message: Message) -> None:
        if self.is_down:
            raise NotSent("The gateway is down.")
        if self.hangs_for & set(message.addresses):
            self.let_go.wait(2)
            raise NotSent("No answer within 2 s.")
        self.sent.append(message)

    def close(self) -> None:
        self.let_go.set()


class Desk:
    """A site with physicians on duty who have no device: each call makes outside pages."""

    def __init__(self) -> None:
        self.site = make_site()
        self.session = make_session(self.site)
        self.channel = FakeChannel()
        self.dispatcher = Dispatcher("pager test", self.channel)

    def on_duty(self, name: str, *addresses: str):
        person = make_member(self.site, "clinician", name)
        person.contact_urls = list(addresses)
        person.save()
        make_duty(self.session, person, from_at=now() - timedelta(hours=1))
        return person

    def call(self, **changes):
        place = calls.Place(seat=self.site.seats.get(code="A8"))
        call = calls.Call(**{"place": place, **changes})
        return calls.raise_alert(site=self.site, call=call, origin=SYSTEM, now=now())

    def step(self) -> float:
        return self.dispatcher.step()

    def hurry(self) -> None:
        """Bring the next attempt of every unsent page to now."""
        delivery.outside().update(next_attempt_at=now())


@pytest.fixture
def desk(transactional_db):
    desk = Desk()
    yield desk
    desk.dispatcher.close()


def settled(page: Page) -> Page:
    for _ in range(100):
        page.refresh_from_db()
        if page.sent_at or page.error:
            break
        time.sleep(0.02)
    return page


def test_an_outside_page_is_handed_off_and_proved(desk):
    desk.on_duty("li", "json://localhost/li")
    alert = desk.call()

    desk.step()

    page = Page.objects.get(channel="outside")
    assert page.sent_at is not None
    assert page.attempts == 1
    assert [message.addresses for message in desk.channel.sent] == [("json://localhost/li",)]
    assert Receipt.objects.get(page=page).kind == "handed_off"
    receipt = Event.objects.get(type="page.receipt")
    assert receipt.subject == str(alert.uuid)
    assert receipt.payload["kind"] == "handed_off"


def test_a_page_goes_out_once_the_gateway_is_back(desk):
    desk.on_duty("li")
    desk.call()
    desk.channel.is_down = True
    desk.step()
    page = Page.objects.get(channel="outside")
    assert page.sent_at is None
    assert page.error == "The gateway is down."
    assert page.next_attempt_at > now()

    desk.channel.is_down = False
    desk.step()
    assert desk.channel.sent == []
    desk.hurry()
    desk.step()

    assert len(desk.channel.sent) == 1


def note(desk, person, text="t"):
    notes.write(f"n-{text}", [person], subject="case", words=("title", text), now=now())
    return Note.objects.get(text=text)


def test_a_note_is_sent_once_and_never_before_a_call(desk):
    person = desk.on_duty("li", "json://localhost/li")
    word = note(desk, person)
    note(desk, person)
    desk.call()

    desk.step()
    settled(Page.objects.get(channel="outside"))
    assert [one.key for one in desk.channel.sent] == [Page.objects.get(channel="outside").key]
    for _ in range(3):
        desk.step()

    assert [message.title for message in desk.channel.sent][1:] == ["title"]
    word.refresh_from_db()
    assert word.sent_at is not None


def test_a_note_that_fails_is_tried_again_and_given_up_after_eight_tries(desk, monkeypatch):
    monkeypatch.setattr("alerts.dispatcher.BETWEEN_NOTES", 0)
    word = note(desk, desk.on_duty("li"))
    desk.channel.is_down = True
    for _ in range(9):
        Note.objects.update(next_attempt_at=now())
        desk.step()
        settled(word)

    word.refresh_from_db()
    assert (word.attempts, word.error) == (8, "The gateway is down.")
    assert word.given_up_at is not None


def test_notes_leave_a_gap_so_that_a_gateway_has_room_for_a_call(desk):
    person = desk.on_duty("li", "json://localhost/li")
    for number in range(3):
        note(desk, person, str(number))

    waits = [desk.step() for _ in range(3)]

    assert len(desk.channel.sent) == 1
    assert all(wait > 0 for wait in waits)


def test_a_note_that_hangs_holds_up_no_call(desk):
    slow = desk.on_duty("slow", "json://localhost/slow")
    desk.channel.hangs_for = {"json://localhost/slow"}
    for number in range(6):
        note(desk, slow, str(number))
    for _ in range(6):
        desk.step()
    desk.channel.hangs_for = set()

    desk.call()
    desk.step()

    assert settled(Page.objects.get(channel="outside")).sent_at is not None
    assert Note.objects.filter(attempts__gt=0).count() == 1


def test_the_waits_between_attempts_grow(desk):
    desk.on_duty("li")
    desk.call()
    desk.channel.is_down = True
    waits = []
    for _ in range(4):
        desk.hurry()
        desk.step()
        page = Page.objects.get(channel="outside")
        waits.append(round((page.next_attempt_at - now()).total_seconds()))

    assert waits == [1, 2, 4, 8]


def test_a_page_that_never_goes_is_given_up_after_eight_tries(desk):
    desk.on_duty("li")
    desk.call()
    desk.channel.is_down = True
    for _ in range(10):
        desk.hurry()
        desk.step()

    page = Page.objects.get(channel="outside")
    assert page.attempts == delivery.MOST_ATTEMPTS
    assert page.given_up_at is not None


def test_pages_of_an_answered_call_are_not_sent_any_more(desk):
    li = desk.on_duty("li")
    alert = desk.call()
    calls.acknowledge(alert_uuid=alert.uuid, responder=li, origin=SYSTEM, now=now())

    desk.step()

    page = Page.objects.get(channel="outside")
    assert page.given_up_at is not None
    assert page.error == delivery.ANSWERED
    assert desk.channel.sent == []


def test_a_claimed_page_belongs_to_nobody_else_until_the_lease_is_over(desk):
    desk.on_duty("li")
    desk.call()
    page, same = Page.objects.get(channel="outside"), Page.objects.get(channel="outside")

    assert delivery.claim(page, owner="first", now=now())
    assert not delivery.claim(same, owner="second", now=now())

    page.refresh_from_db()
    assert page.lease_until - now() <= delivery.LEASE
    assert delivery.due_pages(now=now()) == []
    assert len(delivery.due_pages(now=now() + delivery.LEASE)) == 1


def test_who_lost_the_lease_can_neither_mark_nor_fail(desk):
    desk.on_duty("li")
    desk.call()
    page = Page.objects.get(channel="outside")
    delivery.claim(page, owner="dead", now=now() - delivery.LEASE)
    page.refresh_from_db()
    delivery.claim(page, owner="alive", now=now())

    assert not delivery.mark_sent(page, owner="dead", text="", now=now())
    delivery.mark_failed(page, owner="dead", error="late", now=now())

    page.refresh_from_db()
    assert page.sent_at is None
    assert page.error == ""
    assert delivery.mark_sent(page, owner="alive", text="", now=now())


def test_a_hanging_endpoint_holds_up_nobody_else(desk):
    hanging = [desk.on_duty(f"hangs{n}", f"json://hang/{n}") for n in range(2)]
    desk.on_duty("li", "json://localhost/li")
    desk.channel.hangs_for = {"json://hang/0", "json://hang/1"}
    desk.call()
    began = time.monotonic()

    desk.step()

    assert time.monotonic() - began < 1.5
    assert [message.addresses for message in desk.channel.sent] == [("json://localhost/li",)]
    desk.channel.let_go.set()
    for page in Page.objects.filter(responder__in=hanging, channel="outside"):
        assert settled(page).error == "No answer within 2 s."


def test_urgent_calls_go_first(desk):
    nurse = desk.on_duty("sun")
    nurse.duties.update(role="nurse")
    desk.on_duty("li")
    desk.call(priority="medium")
    desk.call()

    desk.step()

    assert ["呼叫 Call" in m.title for m in desk.channel.sent] == [False, True]


def test_own_addresses_come_first_and_the_sites_join_after_two_failures(desk, settings):
    settings.APPRISE_URLS = ["json://site/all"]
    desk.on_duty("li", "json://li/own")
    desk.call()
    page = Page.objects.get(channel="outside")

    tried = []
    for attempts in (1, 2, 3):
        page.attempts = attempts
        tried.append(delivery.addresses_of(page))

    assert tried[:2] == [("json://li/own",)] * 2
    assert tried[2] == ("json://li/own", "json://site/all")


def test_the_text_tells_place_urgency_and_drill_and_no_name(desk):
    li = desk.on_duty("li")
    desk.call(is_drill=True)

    desk.step()

    message = desk.channel.sent[0]
    assert message.title == f"{DRILL}紧急呼叫 EMERGENCY CALL: A8"
    assert desk.site.name in message.body
    assert li.username not in message.title + message.body


def test_a_repeated_page_says_how_often_it_was_sent():
    facts = PageFacts(site="徐汇", place="A8", priority="low", round=3, is_drill=False)

    assert page_title(facts) == "提示 Notice: A8"
    assert "第 3 次 / page 3" in page_body(facts)


def test_without_an_address_pages_are_logged_to_a_file(tmp_path):
    channel = LogChannel(tmp_path / "outbox.log")

    channel.send(Message("key", (), "标题", "text"))

    line = json.loads((tmp_path / "outbox.log").read_text())
    assert line == {"key": "key", "addresses": [], "title": "标题", "body": "text"}


def test_a_log_that_cannot_be_written_is_a_page_not_sent(tmp_path):
    with pytest.raises(NotSent, match=r"outbox\.log"):
        LogChannel(tmp_path / "missing" / "outbox.log").send(Message("key", (), "t", "b"))


class Endpoint:
    """A web hook on this machine that answers, refuses or hangs."""

    def __init__(self) -> None:
        self.got: list[dict] = []
        self.status = 200
        self.hang = threading.Event()
        self.hang.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self):
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.hang.wait(10)
                endpoint.got.append(json.loads(body))
                self.send_response(endpoint.status)
                self.end_headers()

            def log_message(self, *_args):
                """Keep the test's output clean."""

        return Handler

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture
def outside():
    channel = OutsideChannel()
    yield channel
    channel.close()


def test_apprise_delivers_refuses_and_is_cut_off_after_two_seconds(endpoint, outside):
    message = Message("key", (endpoint.address,), "紧急呼叫", "A8")
    outside.send(message)
    assert endpoint.got[0]["title"] == "紧急呼叫"

    endpoint.status = 500
    with pytest.raises(NotSent, match="refused"):
        outside.send(message)

    endpoint.status = 200
    endpoint.hang.clear()
    began = time.monotonic()
    with pytest.raises(NotSent, match="within 2 s"):
        outside.send(message)
    assert time.monotonic() - began > 1.9

    endpoint.hang.set()
    outside.send(message)
    assert endpoint.got[-1]["message"] == "A8"


def test_an_address_that_is_none_is_said_so(outside):
    with pytest.raises(NotSent, match="not one Apprise knows"):
        outside.send(Message("key", ("nonsense",), "t", "b"))
