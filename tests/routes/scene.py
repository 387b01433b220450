"""A site with one row of each kind that a path can name, and somebody of each role."""

from datetime import timedelta
from typing import Any

from aefi.models import CasePair, GroupEvent, ScreeningRun
from aefi.rules.clock_rules import Grave
from aefi.services import case_exports, cases, documents
from aefi.services.case_lists import Wanted
from aefi.services.cases import Act
from alerts.models import DutyRole, Handover, Heartbeat, Role
from alerts.outbox import SYSTEM, Origin
from observation.models import Reaction
from observation.services import persons
from tests.aefi.campaigns import make_signal
from tests.callers import Caller
from tests.factories import make_device, make_duty, make_member, make_site, make_token
from tests.floor_factories import make_lot, make_observation, make_recipient
from tests.routes.row import DEVICE, NOBODY, READER, STRANGER, Route
from tests.world import World


class Scene:
    """What the table's rows are tried on."""

    def __init__(self) -> None:
        self.world = world = World()
        self.rows: dict[str, Any] = {"site": world.site, "session": world.session}
        self._add_calls()
        self._add_floor()
        self._add_screening()
        self._add_case()
        self.people = {role: make_member(world.site, role) for role in Role.values}
        self._add_export()
        self.elsewhere = make_site(name="elsewhere")
        self.people[STRANGER] = make_member(self.elsewhere, Role.LEAD, STRANGER)
        self.tablet = make_device(world.site)
        self.token = make_token(self.people[Role.LEAD], scopes=["read"])
        Heartbeat.objects.create(process="pager-1", at=world.now + timedelta(days=36500))

    def _add_calls(self) -> None:
        world, rows = self.world, self.rows
        rows["colleague"] = world.on_duty("colleague")
        rows["duty"] = world.duty
        rows["alert"] = world.call()
        rows["page"] = rows["alert"].pages.first()
        rows["device"] = make_device(world.site, "other")
        duty = make_duty(world.session, rows["colleague"], DutyRole.NURSE)
        rows["handover"] = Handover(duty=duty, to_user=rows["colleague"], offered_at=world.now)
        rows["handover"].save()
        rows["group"] = GroupEvent.objects.create(
            site=world.site, session=world.session, rule="burst", observed=3, proposed_at=world.now
        )

    def _add_floor(self) -> None:
        site, rows, now = self.world.site, self.rows, self.world.now
        rows["bay"] = site.bays.get(code="A")
        rows["lot"] = make_lot(site)
        rows["observation"] = watched = make_observation(site, seat="A3")
        rows["reaction"] = Reaction.objects.create(
            site=site, observation=watched, seen_at=now, entered_at=now
        )
        rows["recipient"], rows["twin"] = make_recipient(site), make_recipient(site)
        pair = {"keep": make_recipient(site).uuid, "merge": make_recipient(site).uuid}
        rows["merge"] = persons.merge_recipients(**pair, reason="x", origin=SYSTEM, now=now)

    def _add_screening(self) -> None:
        rows, now = self.rows, self.world.now
        rows["run"] = ScreeningRun.objects.create(
            site=self.world.site,
            requested_at=now,
            charts={"forest": {"svg": "<svg/>", "table": None}},
        )
        rows["signal"] = make_signal(rows["run"])

    def _add_case(self) -> None:
        """The case of another reaction than the one that a route opens a case of."""
        other = Reaction.objects.create(
            site=self.world.site, seen_at=self.world.now, entered_at=self.world.now
        )
        act = Act(SYSTEM, self.world.now)
        case = cases.open_from_reaction(other, act)
        self.rows["case"] = cases.turn_grave(case.uuid, Grave.DEATH, reason="x", act=act)

        self.rows["document"] = documents.attach(case.uuid, "a.txt", b"x", act)
        second = cases.open_concern(self.world.site, "x", act)
        self.rows["pair"] = CasePair.objects.create(
            one=case, other=second, score=50, found_at=self.world.now
        )

    def _add_export(self) -> None:
        """A workbook that the officer asked for and a worker wrote."""
        officer, now = self.people[Role.OFFICER], self.world.now
        asked = Act(Origin(actor=officer), now)
        self.rows["export"] = export = case_exports.request_export(officer, Wanted({}), asked)
        case_exports.write_export(export_uuid=export.uuid, clock=lambda: now)

    def caller(self, kind: str) -> Caller:
        """Return a fresh browser or machine of this kind."""
        if kind == NOBODY:
            return Caller()
        if kind == DEVICE:
            return Caller(device=self.tablet)
        if kind == READER:
            return Caller(token=self.token)
        person = self.people[kind]
        Handover.objects.filter(accepted_at=None).update(to_user=person)
        return Caller(person)

    def keys(self, route: Route) -> list[object]:
        """Return what stands in the route's path: keys of rows, or the word itself."""
        return [self.rows[of].uuid if of in self.rows else of for of in route.of.split()]

    def body(self, route: Route) -> dict[str, Any]:
        """Return the route's body with the keys of the rows that it names by `@`."""
        return {name: self._filled(value) for name, value in route.body.items()}

    def query(self, route: Route) -> str:
        """Return the route's query with the key of the row that it names by `@`."""
        name, _is, value = route.query.partition("=")
        return f"?{name}={self._filled(value)}" if name else ""

    def _filled(self, value: Any) -> Any:
        is_row = isinstance(value, str) and value.startswith("@")
        return str(self.rows[value[1:]].uuid) if is_row else value
