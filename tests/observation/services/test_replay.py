"""A played floor: whatever staff did, the events alone rebuild watches, calls, pages and timers."""

import random
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from alerts.models import Alert, Event, Page, Source, Timer
from alerts.outbox import Origin
from alerts.services import calls
from alerts.services.refusals import Refusal
from observation.models import EndKind, Observation
from observation.rules import signs
from observation.services import doses, endings, reactions, seats, watch
from observation.services.doses import GivenDose, Visit
from observation.services.endings import Ending
from observation.services.persons import Person
from observation.services.reactions import Seen
from observation.services.replay import replay
from tests.factories import make_device, make_user
from tests.floor_factories import make_lot
from tests.world import World

MOVES = 120


class PlayedFloor:
    """A hall in which anything happens next, by the seed: also late entries and what is refused."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.world = World()
        self.site = self.world.site
        self.lot = make_lot(self.site)
        for name in ("li", "zhao"):
            self.world.on_duty(name)
        self.nurse = make_user("nurse")
        self.tablet = make_device(self.site, "played", clock_offset_ms=-3000)
        self.done: set[str] = set()
        self.origin = Origin(self.nurse, self.tablet)

    def play(self) -> None:
        ways = [self.arrive, self.sit, self.act, self.end, self.react, self.answer, self.wait]
        for _move in range(MOVES):
            self.origin = Origin(self.nurse, self.tablet)
            if self.dice.random() < 0.15:
                ago = timedelta(minutes=self.dice.randint(1, 45))
                self.origin = Origin(self.nurse, self.tablet, Source.OFFLINE, self.world.now - ago)
            way = self.dice.choice(ways)
            try:
                way()
                self.done.add(way.__name__)
            except Refusal:
                self.done.add("refused")

    def anybody(self) -> Observation:
        """Somebody of the hall, gone or not; the first comes when nobody did."""
        if not Observation.objects.exists():
            self.arrive()
        return self.dice.choice(list(Observation.objects.order_by("pk")))

    @property
    def now(self) -> dict[str, object]:
        return {"origin": self.origin, "now": self.world.now}

    def given(self) -> GivenDose:
        ago = timedelta(minutes=self.dice.randint(0, 40))
        return GivenDose("HPV9", self.lot.number, uuid4(), given_at=self.world.now - ago)

    def arrive(self) -> None:
        names = ["王小明", "王小明", "李丽", "赵一", "钱二"]
        party = self.dice.choice([None, uuid4()])
        visits = [
            Visit(
                person=Person(name=self.dice.choice(names)),
                doses=tuple(self.given() for _dose in range(self.dice.randint(0, 2))),
                party=party,
                station="1",
                seat=self.dice.choice(["", "A1", "B9", "Z99"]),
            )
            for _visit in range(self.dice.randint(1, 3))
        ]
        doses.record_visits(site=self.site, visits=visits, **self.now)

    def sit(self) -> None:
        seat = self.dice.choice(list(self.site.seats.order_by("pk")))
        if self.dice.random() < 0.3:
            last = self.dice.randint(1, 4)
            seats.check_in_last(site=self.site, station="1", last=last, bay=None, **self.now)
            return
        person, is_party = self.anybody(), self.dice.random() < 0.3
        seats.seat_at(observation_uuid=person.uuid, seat=seat, with_party=is_party, **self.now)

    def act(self) -> None:
        keys = {"observation_uuid": self.anybody().uuid, **self.now}
        acts = [
            lambda: watch.extend(minutes=self.dice.randint(1, 60), reason="x", **keys),
            lambda: watch.watch_closely(**keys),
            lambda: watch.recheck(**keys),
            lambda: watch.unwatch(**keys),
            lambda: doses.add_doses(doses=[self.given()], **keys),
            lambda: endings.settle(note="x", **keys),
        ]
        self.dice.choice(acts)()

    def end(self) -> None:
        if self.dice.random() < 0.3:
            rows = Observation.objects.filter(site=self.site)
            endings.release_many(rows=rows, **self.now)
            return
        key, kind = self.anybody().uuid, self.dice.choice(EndKind.values)
        warned = self.dice.choice([None, True, False])
        if kind == EndKind.COMPLETE:
            endings.release(observation_uuid=key, **self.now)
        else:
            ending = Ending(kind, "x", is_warning_given=warned)
            endings.leave(observation_uuid=key, ending=ending, **self.now)

    def react(self) -> None:
        sign = self.dice.choice(sorted(signs.KNOWN))
        seen = Seen(uuid=uuid4(), signs={sign: "yes"}, call_for_help=self.dice.random() < 0.3)
        reported = reactions.report_reaction(
            observation_uuid=self.anybody().uuid, seen=seen, **self.now
        )
        if self.dice.random() < 0.3:
            reactions.undo_reaction(reaction_uuid=reported.reaction.uuid, **self.now)

    def answer(self) -> None:
        alert = self.any_call()
        if alert is None:
            return
        keys = {"alert_uuid": alert.uuid, **self.now}
        acts = [
            lambda: calls.acknowledge(responder=self.nurse, **keys),
            lambda: calls.arrive(responder=self.nurse, **keys),
            lambda: calls.decline(responder=self.nurse, **keys),
            lambda: calls.escalate(**keys),
            lambda: calls.resolve(outcome="ok", **keys),
            lambda: calls.cancel(reason="x", **keys),
            lambda: calls.move(place=calls.Place(text="走廊"), **keys),
        ]
        self.dice.choice(acts)()

    def any_call(self) -> Alert | None:
        found = list(Alert.objects.order_by("pk"))
        return self.dice.choice(found) if found else None

    def wait(self) -> None:
        self.world.fast_forward(seconds=self.dice.choice([1, 7, 60, 400]))


@pytest.fixture
def played(db) -> PlayedFloor:
    floor = PlayedFloor(7)
    floor.play()
    return floor


@pytest.mark.parametrize("seed", range(5))
def test_the_events_of_a_played_floor_rebuild_its_rows(db, seed):
    floor = PlayedFloor(seed)

    floor.play()

    found = replay(floor.site)
    assert found.differences == []
    assert found.untold == 0
    assert found.rows == {
        "observation": Observation.objects.count(),
        "alert": Alert.objects.count(),
        "page": Page.objects.count(),
        "timer": Timer.objects.exclude(
            kind__in=["alert.answerer", "alert.unproved", "aefi.groups"]
        ).count(),
    }
    assert min(found.rows.values()) > 0
    assert {"arrive", "sit", "act", "end", "react", "answer", "wait", "refused"} == floor.done


def said(*, fails: bool) -> str:
    out = StringIO()
    try:
        call_command("replay", stdout=out)
    except CommandError:
        assert fails
    else:
        assert not fails
    return out.getvalue()


def test_the_command_ends_well_and_says_what_events_do_not_tell(played):
    text = said(fails=False)

    assert "alert.answerer" in text
    assert "period_reasons" in text


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Observation, {"due_at": None}),
        (Alert, {"outcome": "changed by hand"}),
        (Page, {"round": 77}),
        (Timer, {"due_at": None}),
    ],
)
def test_a_row_changed_by_hand_is_found_with_its_field(played, model, change):
    rows = model.objects.order_by("pk")
    if model is Timer:
        rows = rows.filter(kind="observation.due")
    row = rows.first()
    field, value = next(iter(change.items()))
    value = value or getattr(row, field) + timedelta(minutes=1)
    model.objects.filter(pk=row.pk).update(**{field: value})

    found = replay(played.site).differences

    assert [(one.table, one.field, one.live) for one in found] == [
        (model.__name__.lower(), field, value)
    ]
    assert field in said(fails=True)


def test_a_row_that_no_event_tells_of_is_found(played):
    page = Page.objects.order_by("pk").first()
    Page.objects.filter(pk=page.pk).update(uuid=uuid4())

    found = replay(played.site).differences

    assert sorted((one.table, one.live) for one in found) == [("page", "no row"), ("page", "row")]


def test_facts_that_an_older_version_did_not_tell_are_counted_and_not_guessed(played):
    for event in Event.objects.filter(type="alert.raised"):
        payload = {k: v for k, v in event.payload.items() if k not in {"steps", "session"}}
        Event.objects.filter(pk=event.pk).update(payload=payload)

    found = replay(played.site)

    assert {one.field for one in found.differences} <= {"due_at"}
    assert found.untold > 0
