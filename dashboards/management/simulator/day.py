"""Play a planned day: vaccinators, observers and physicians act as people do, and the end is checked."""

import asyncio
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboards.management.simulator.floor import Floor, Refused
from dashboards.management.simulator.plan import Day, Visit, plan_day

ROUND = timedelta(minutes=1)
PATIENCE = timedelta(minutes=70)
PHYSICIANS = ("physician", "physician2", "backup")


@dataclass
class Outcome:
    """What the simulator itself knows of the day."""

    observations: dict[str, str] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    reactions: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every observation ended and every call was answered or exhausted."""
        open_ones = [key for key, end in self.observations.items() if not end]
        unanswered = [key for key, state in self.calls.items() if state in {"open", "paging"}]
        return not open_ones and not unanswered and not self.refused


class PlayedDay:
    """The people of the hall, each acting at the plan's time on the server's clock."""

    def __init__(self, floor: Floor, day: Day) -> None:
        self.floor = floor
        self.visits = plan_day(day)
        self.chance = random.Random(day.seed + 1)  # noqa: S311 - a simulation, not a secret
        self.outcome = Outcome()
        self.free: list[str] = []
        self.seats: dict[str, str] = {}
        self.parties: dict[int, str] = {}
        self.start = floor.now()

    async def play(self) -> Outcome:
        """Run the whole day and return what came of it."""
        await self.floor.read_clock()
        self.start = self.floor.now()
        site = await self.floor.get("observer", f"sites/{self.floor.site}/")
        self.free = [seat["code"] for bay in site["bays"] for seat in bay["seats"]]
        self.chance.shuffle(self.free)
        observer = asyncio.create_task(self._observe())
        physicians = asyncio.create_task(self._answer_calls())
        async with asyncio.TaskGroup() as group:
            for visit in self.visits:
                group.create_task(self._visit(visit))
        await observer
        physicians.cancel()
        await self._read_calls()
        self.floor.note("day_over", complete=self.outcome.is_complete)
        return self.outcome

    def _at(self, minutes: float) -> datetime:
        return self.start + timedelta(minutes=minutes)

    async def _visit(self, visit: Visit) -> None:
        await self.floor.until(self._at(visit.at))
        try:
            key = await self._dose(visit)
            await self.floor.until(self._at(visit.at + visit.walk))
            await self._sit(key)
            await self._react(key, visit)
            await self._leave_early(key, visit)
        except Refused as error:
            self.outcome.refused.append(str(error))

    async def _dose(self, visit: Visit) -> str:
        key = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        self.outcome.observations[key] = ""
        body: dict[str, Any] = {
            "uuid": key,
            "station": visit.station,
            "recipient": {"name": visit.name, "born_on": visit.born_on, "group_name": visit.group},
            "doses": [
                {"vaccine": visit.vaccine, "lot": visit.lot, "dose_number": 1, "route": "im"}
            ],
        }
        if visit.party is not None:
            body["party"] = self.parties.setdefault(visit.party, str(uuid.uuid4()))
        await self.floor.post("vaccinator", f"sites/{self.floor.site}/observations/", body)
        return key

    async def _sit(self, key: str) -> None:
        while not self.free:
            await asyncio.sleep(0.2)
        seat = self.seats[key] = self.free.pop()
        await self.floor.post(
            "observer", f"observations/{key}/seat/", {"seat": seat, "party": False}
        )

    async def _react(self, key: str, visit: Visit) -> None:
        if visit.reaction_after is None:
            return
        await self.floor.until(self._at(visit.at + visit.reaction_after))
        body: dict[str, Any] = {"signs": dict.fromkeys(visit.signs, "yes")}
        if visit.is_stress:
            body |= {"danger_absent": True, "stress_subtype": "vasovagal"}
        answer = await self.floor.post("observer", f"observations/{key}/reactions/", body)
        self.outcome.reactions += 1
        if answer.get("alert"):
            self.outcome.calls[_key_of(answer["alert"])] = "open"

    async def _leave_early(self, key: str, visit: Visit) -> None:
        if visit.leaves_early_after is None:
            return
        await self.floor.until(self._at(visit.at + visit.walk + visit.leaves_early_after))
        body = {
            "kind": "left_early",
            "reason": "赶时间",
            "agreed_by": "家长",
            "warning_given": True,
        }
        await self.floor.post("observer", f"observations/{key}/leave/", body)
        self._left(key, "left_early")
        await self.floor.post("observer", f"observations/{key}/settle/", {"note": "已电话告知"})

    async def _observe(self) -> None:
        """Each minute: let everyone go whose time is over, until the hall is empty."""
        last = self._at(self.visits[-1].at if self.visits else 0) + PATIENCE
        while self.floor.now() < last:
            await self.floor.until(self.floor.now() + ROUND)
            try:
                if await self._release_due() == 0 and self._is_over():
                    return
            except Refused as error:
                self.outcome.refused.append(str(error))

    def _is_over(self) -> bool:
        everyone_came = len(self.outcome.observations) == len(self.visits)
        return everyone_came and all(self.outcome.observations.values())

    async def _release_due(self) -> int:
        board = await self.floor.get("observer", f"sites/{self.floor.site}/board/")
        now = self.floor.now()
        open_tiles = [tile for tile in board["tiles"] if not tile["ended_at"]]
        due = [t for t in open_tiles if datetime.fromisoformat(t["due_at"]) <= now and t["seat"]]
        for tile in due:
            if tile["uuid"] in self.outcome.observations:
                await self.floor.post("observer", f"observations/{tile['uuid']}/release/")
                self._left(tile["uuid"], "complete")
        return len(open_tiles)

    def _left(self, key: str, kind: str) -> None:
        self.outcome.observations[key] = kind
        if seat := self.seats.pop(key, None):
            self.free.append(seat)

    async def _answer_calls(self) -> None:
        """Physicians watch the calls; most are answered within half a minute."""
        taken: set[str] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                path = f"sites/{self.floor.site}/alerts/?state=running"
                for alert in await self.floor.get("physician", path):
                    if alert["uuid"] not in taken:
                        taken.add(alert["uuid"])
                        group.create_task(self._attend(alert["uuid"]))
                await self.floor.until(self.floor.now() + timedelta(seconds=5))

    async def _attend(self, alert: str) -> None:
        who = self.chance.choice(PHYSICIANS)
        for wait, verb in (
            (self.chance.uniform(4, 40), "acknowledge"),
            (45, "arrive"),
            (400, "resolve"),
        ):
            await self.floor.until(self.floor.now() + timedelta(seconds=wait))
            answer = await self.floor.post(who, f"alerts/{alert}/{verb}/")
            self.outcome.calls[alert] = answer["state"]

    async def _read_calls(self) -> None:
        for alert in list(self.outcome.calls):
            state = (await self.floor.get("physician", f"alerts/{alert}/"))["state"]
            self.outcome.calls[alert] = state


def _key_of(alert: Any) -> str:
    return str(alert["uuid"] if isinstance(alert, dict) else alert)
