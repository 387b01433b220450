"""The dispatcher: hands what leaves the site to its channel, calls before notes, and proves it.

Claim, send, then mark: a process that dies in between is followed by another after the lease, so a
page may go out twice and is never lost. One page is in flight at a time unless an endpoint is slow;
then others overtake it, each person's pages in order.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from uuid import uuid4

import structlog
from django.db import close_old_connections

from alerts.gateways import clock, failpoints
from alerts.gateways.channels import Channel, Message, NotSent, OutsideChannel
from alerts.models import TrialPage
from alerts.services import delivery
from alerts.services.delivery import Item

LANES = 4
"""Attempts that may hang at the same time before others wait for them."""
OVERTAKE_AFTER = 0.2
"""Seconds after which an attempt counts as slow and the next page goes past it."""
LONGEST_SLEEP = 1.0
BETWEEN_NOTES = 3.0
"""Seconds between two notes, so that many at once do not use up what a gateway takes in a minute."""
FOR_NOTES = -1
"""The lane of notes, which are no calls: one at a time, and only when nothing else is on its way."""
FOR_TRIALS = -2
"""The lane of trial pages: behind every page that is due, and then as any page."""

log = structlog.get_logger(__name__)


class Dispatcher:
    """One pass of it is `step`; two may run side by side, each page is claimed by one of them."""

    def __init__(self, process: str, channel: Channel | None = None) -> None:
        self.process = process
        self.on_free: Callable[[], None] = lambda: None
        self._channel = channel or OutsideChannel()
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="page")
        self._free = threading.Semaphore(LANES)
        self._in_flight: set[int | None] = set()
        self._noted_at = -BETWEEN_NOTES

    def step(self) -> float:
        """Try every page that is due; return the real seconds until the next one is."""
        now = clock.now()
        delivery.give_up_answered(now=now)
        pages = delivery.due_pages(now=now)
        for page in pages:
            if page.responder_id not in self._in_flight and not self._try(page, page.responder_id):
                break
        if FOR_TRIALS not in self._in_flight and (trial := delivery.due_trial(now=now)):
            self._try(trial, FOR_TRIALS)
        if not pages and self._may_note() and (note := delivery.due_note(now=now)):
            self._noted_at = time.monotonic()
            self._try(note, FOR_NOTES)
        return self._until_next()

    def _may_note(self) -> bool:
        return not self._in_flight and time.monotonic() - self._noted_at >= BETWEEN_NOTES

    def close(self) -> None:
        """Finish what is being sent, then let go of the channel."""
        self._pool.shutdown(wait=True)
        self._channel.close()

    def _try(self, page: Item, lane: int | None) -> bool:
        """Start one attempt; false when every lane hangs."""
        if not self._free.acquire(blocking=False):
            return False
        owner = uuid4().hex
        if not delivery.claim(page, owner=owner, now=clock.now()):
            self._free.release()
            return True
        failpoints.crash_at("page_claimed")
        self._in_flight.add(lane)
        attempt = self._pool.submit(self._deliver, page, owner)
        attempt.add_done_callback(lambda done: self._landed(page, lane, done))
        wait([attempt], timeout=OVERTAKE_AFTER)
        return True

    def _deliver(self, page: Item, owner: str) -> None:
        """Send and mark, in a lane's thread; a pooled connection goes back when it is done."""
        try:
            self._send(page, owner)
        finally:
            close_old_connections()

    def _send(self, page: Item, owner: str) -> None:
        title, body = delivery.words_of(page)
        is_trial = isinstance(page, TrialPage)
        message = Message(page.key, delivery.addresses_of(page), title, body, is_trial=is_trial)
        try:
            self._channel.send(message)
        except NotSent as error:
            delivery.mark_failed(page, owner=owner, error=str(error), now=clock.now())
            log.warning("page_not_sent", key=page.key, attempts=page.attempts, error=str(error))
            return
        failpoints.crash_at("page_sent")
        delivery.mark_sent(page, owner=owner, text=f"{title} {body}", now=clock.now())

    def _landed(self, page: Item, lane: int | None, attempt: Future[None]) -> None:
        """Free the lane; what failed while marking is tried again after its lease."""
        self._in_flight.discard(lane)
        self._free.release()
        if (error := attempt.exception()) is not None:
            log.error("page_not_marked", key=page.key, exc_info=error)
        self.on_free()

    def _until_next(self) -> float:
        due_at = delivery.next_attempt_at(with_notes=self._may_note())
        if due_at is None:
            return LONGEST_SLEEP
        ahead = (due_at - clock.now()).total_seconds() / clock.rate()
        # What is due already waits for a lane; a landing attempt knocks.
        return LONGEST_SLEEP if ahead <= 0 else min(ahead, LONGEST_SLEEP)
