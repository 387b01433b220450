"""A declared group in the register: its code, the clock that only proof stops, its lists and its form."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from threading import Barrier, Thread

import pytest
from django.db import connection
from openpyxl import load_workbook

from aefi import tasks
from aefi.models import CaseView, GroupEvent
from aefi.rules.clock_rules import Proof
from aefi.services import cases, group_clocks, group_lists, group_register, groups
from aefi.services.case_lists import NoReason
from aefi.services.cases import Act
from aefi.services.group_lists import Wanted
from aefi.services.group_register import NotDeclared
from aefi.services.instants import NoProof
from alerts.models import Note, Role, Timer
from alerts.outbox import Origin
from alerts.services import timers
from tests.aefi.halls import at, fall_ill, look, make_bay, sight, three_faints, visitor_ill
from tests.factories import NOON, make_member, make_session, make_site
from tests.floor_factories import frozen, last_event, make_lot

TWO_HOURS = timedelta(hours=2)
TOLD = [Proof.HEALTH_ADMINISTRATION_TOLD, Proof.DRUG_REGULATOR_TOLD, Proof.CARD_ACCEPTED]


class Hall:
    """A hall with three faints in one bay, its lead and an officer."""

    def __init__(self, name: str = "hall") -> None:
        self.site = make_site(county_code="310104")
        make_session(self.site)
        make_bay(self.site)
        self.lead = make_member(self.site, Role.LEAD, f"lead of {name}")
        self.officer = make_member(self.site, Role.OFFICER, f"officer of {name}")
        self.lot = make_lot(self.site, f"B-{name}")
        self.ill = three_faints(self.site, lot=self.lot)
        look()
        self.card = sight(self.site)

    def declare(self, minute: float = 20, card: GroupEvent | None = None) -> GroupEvent:
        origin = Origin(actor=self.lead)
        key = (card or self.card).uuid
        return groups.declare(group_uuid=key, reason="三人晕倒", origin=origin, now=at(minute))

    def file(self, proof: Proof, minute: float = 30, reference: str = "王主任") -> GroupEvent:
        said = {"reference": reference, "done_at": at(minute), "act": self.act(max(minute, 30))}
        return group_register.file(self.card.uuid, proof, **said)

    def act(self, minute: float = 30) -> Act:
        return Act(Origin(actor=self.officer), at(minute))

    def notes(self) -> list[tuple[float, str]]:
        rows = Note.objects.order_by("pk").values_list("created_at", "responder__username")
        return [((when - at(20)).total_seconds() / 60, name) for when, name in rows]

    def wait(self, minutes: float) -> None:
        while (due_at := timers.next_due_at()) is not None and due_at <= at(minutes):
            timers.fire_due(now=due_at)


@pytest.fixture
def hall(db):
    with frozen(NOON):
        yield Hall()


def test_a_group_gets_its_code_when_it_is_declared_and_keeps_it(hall):
    assert hall.card.code == ""

    declared = hall.declare()
    said = Origin(actor=hall.lead)
    groups.undeclare(group_uuid=hall.card.uuid, reason="同一家人", origin=said, now=at(25))

    assert declared.code == "310104202601"
    assert hall.declare(40).code == declared.code
    assert last_event(hall.site, "group.declared").payload["code"] == declared.code


def test_codes_of_a_county_and_year_follow_each_other_also_past_ninety_nine(hall):
    others = list(GroupEvent.objects.exclude(pk=hall.card.pk))
    first = hall.declare()
    GroupEvent.objects.filter(pk=first.pk).update(code="310104202699")

    assert others
    assert hall.declare(card=others[0]).code == "3101042026100"


def test_a_site_without_a_county_declares_all_the_same(hall):
    hall.site.county_code = ""
    hall.site.save()

    assert hall.declare().code == "000000202601"


def test_only_proof_of_every_duty_stops_the_clock(hall):
    hall.declare()
    for proof in TOLD[:2]:
        assert group_clocks.reported_at(hall.file(proof)) is None

    done = hall.file(TOLD[2], 45)

    assert group_clocks.reported_at(done) == at(45)
    assert group_clocks.missing(done) == []
    assert last_event(hall.site, "group.filed").payload["proof"] == "card_accepted"


@pytest.mark.parametrize(("reference", "minute"), [("  ", 30), (".", 30), ("王", -3000)])
def test_what_names_nobody_or_is_older_than_the_group_proves_nothing(hall, reference, minute):
    hall.declare()

    with pytest.raises(NoProof):
        hall.file(TOLD[0], minute, reference=reference)

    assert not hall.card.filings.exists()


def test_what_nobody_declared_is_not_reported(hall):
    with pytest.raises(NotDeclared):
        hall.file(TOLD[0])

    assert not hall.card.filings.exists()


def test_the_limit_reminds_ever_more_people_until_it_is_proved(hall):
    hall.declare()
    hall.wait(20 + 121)
    for proof in TOLD:
        hall.file(proof, 150)
    hall.wait(20 + 600)

    lead, officer = hall.lead.username, hall.officer.username
    told = {(minute, name) for minute, name in hall.notes()}
    assert told == {(60.0, lead), (96.0, lead), (96.0, officer), (120.0, lead), (120.0, officer)}
    assert not Timer.objects.armed().filter(kind=group_clocks.REMINDER).exists()


def test_a_group_that_is_none_after_all_reminds_nobody(hall):
    hall.declare()
    said = Origin(actor=hall.lead)
    groups.undeclare(group_uuid=hall.card.uuid, reason="同一家人", origin=said, now=at(25))

    hall.wait(20 + 600)

    assert hall.notes() == []


def test_a_group_from_before_an_upgrade_gets_its_reminder_and_its_code(hall):
    hall.declare()
    Timer.objects.filter(kind=group_clocks.REMINDER).delete()
    GroupEvent.objects.update(code="")

    assert (tasks.arm_case_reminders(), tasks.arm_case_reminders()) == (1, 0)
    assert GroupEvent.objects.get(pk=hall.card.pk).code == "310104202601"


def test_the_line_list_tells_who_fell_ill_when_where_and_after_what(hall):
    visitor_ill(hall.site, 14, seat="4-9")
    look(14)
    hall.card.refresh_from_db()

    lines = group_register.lines_of(hall.card)

    assert [(line.seat, line.minutes, line.is_other) for line in lines] == [
        ("4-1", 5, False),
        ("4-2", 5, False),
        ("4-3", 5, False),
        ("4-9", None, True),
    ]
    assert lines[0].vaccines == (f"{hall.lot.vaccine.name} {hall.lot.number}",)
    assert lines[0].signs == ("collapse", "pale")


@pytest.mark.parametrize(
    ("minutes", "bars"),
    [
        ([], []),
        ([0], [1]),
        ([0, 1, 6, 12], [2, 1, 1]),
        ([0, 20 * 24 * 60], [1, *[0] * 19, 1]),
    ],
)
def test_the_curve_has_bars_of_one_width_from_the_first_onset_to_the_last(hall, minutes, bars):
    some = group_register.lines_of(hall.card)[0]
    lines = [type(some)(**{**vars(some), "onset_at": at(minute)}) for minute in minutes]

    assert [bar.count for bar in group_register.curve_of(lines)] == bars


def test_a_long_curve_has_at_most_so_many_bars(hall):
    some = group_register.lines_of(hall.card)[0]
    lines = [type(some)(**{**vars(some), "onset_at": at(day * 1440)}) for day in (0, 5, 90)]

    counts = [bar.count for bar in group_register.curve_of(lines)]

    assert (counts[0], counts[-1], sum(counts)) == (1, 1, 3)
    assert 20 <= len(counts) <= group_register.MOST_STEPS


def test_the_seats_of_the_bays_in_which_somebody_fell_ill_are_shown(hall):
    lines = group_register.lines_of(hall.card)

    seats = group_register.seats_of(hall.card, lines)

    assert list(seats) == ["4"]
    assert [seat.code for seat in seats["4"][0] if seat.ill] == ["4-1", "4-2", "4-3"]
    assert len(seats["4"][0]) == 10


def test_everybody_who_had_the_lot_in_the_session_is_counted(hall):
    fall_ill(hall.site, 100, lot=hall.lot, signs={"itch": "yes"})

    [given] = group_register.given_of(hall.card)

    assert (given.lot, given.recipients) == (hall.lot.number, 4)
    assert group_register.vaccinated(hall.card) == 4


def test_a_list_names_nobody_unless_it_says_why_and_each_taking_is_kept(hall):
    case = cases.open_from_reaction(hall.ill[0], hall.act())

    plain = group_lists.line_list(hall.card, Wanted(), hall.act())
    named = group_lists.line_list(hall.card, Wanted(True, "上报省局"), hall.act())
    with pytest.raises(NoReason):
        group_lists.line_list(hall.card, Wanted(True), hall.act())

    assert "李雷" not in plain
    assert [line["name"] for line in csv.DictReader(StringIO(named.lstrip("\ufeff")))] == [
        "李雷0",
        "李雷6",
        "李雷12",
    ]
    purposes = list(CaseView.objects.filter(case=case).values_list("purpose", flat=True))
    assert purposes[-2:] == [
        "export group line list pseudonymised",
        "export group line list identified 上报省局",
    ]


def test_the_national_form_has_its_header_and_a_row_for_each_member(hall):
    hall.declare()
    hall.card.refresh_from_db()
    visitor_ill(hall.site, 14, seat="4-9")
    look(14)
    cases.open_from_reaction(hall.ill[0], hall.act())

    book = load_workbook(
        BytesIO(group_lists.registration_form(hall.card, Wanted(True, "上报"), hall.act()))
    )

    table = [["" if cell is None else cell for cell in row] for row in book["AEFI"].values]
    above = {row[0]: row[1] for row in table[1:13]}
    keys = table.index(next(row for row in table if row[0] == "number"))
    rows = [dict(zip(table[keys], row, strict=True)) for row in table[keys + 1 :]]
    assert table[0][1] == "cn-group-2010"
    assert above["群体性AEFI编码*"] == "310104202601"
    assert (above["接种人数*"], above["反应发生人数*"]) == ("3", "3")
    assert [(row["name"], row["lot"]) for row in rows] == [
        (f"李雷{minute}", hall.lot.number) for minute in (0, 6, 12)
    ]


def test_a_case_tells_the_group_it_belongs_to_once_it_is_declared(hall):
    case = cases.open_from_reaction(hall.ill[0], hall.act())
    assert group_register.group_of(case) is None

    hall.declare()

    assert group_register.group_of(case).pk == hall.card.pk
    later = cases.open_from_reaction(hall.ill[1], hall.act())
    assert (case.facts["group_code"], later.facts["group_code"]) == ("", "310104202601")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_sites_of_a_county_declare_at_once_and_get_two_codes():
    with frozen(NOON):
        halls = [Hall("one"), Hall("two")]
        together, codes = Barrier(2), []

        def declare(one: Hall) -> None:
            together.wait(5)
            codes.append(one.declare().code)
            connection.close()

        threads = [Thread(target=declare, args=(one,)) for one in halls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    assert sorted(codes) == ["310104202601", "310104202602"]
