"""Who holds a case, how it passes up and down, and what a site reads from its officers."""

from datetime import timedelta

import pytest

from aefi.exchange.case import CaseFacts, Outcome
from aefi.models import CaseHanding, Level
from aefi.services import (
    case_classes,
    case_clocks,
    case_handing,
    case_levels,
    cases,
    officer_words,
    worklist,
)
from aefi.services.case_handing import CannotHand
from aefi.services.case_levels import NotHolder
from aefi.services.cases import Act
from alerts.models import Event, Membership, Role, Site
from alerts.outbox import Origin
from tests.factories import NOON, make_member, make_site, make_user

FINAL = case_classes.Word("final", "1", "x", concluded_by="3")


def by(person, minutes=0):
    return Act(Origin(actor=person), NOON + timedelta(minutes=minutes))


@pytest.fixture
def site(db):
    return make_site(county_code="310104")


@pytest.fixture
def line(site):
    """An officer of each level over the site."""
    found = {}
    for level, region in (("county", "310104"), ("prefecture", "3101"), ("province", "31")):
        found[level] = make_user(level)
        Membership.objects.create(user=found[level], region=region, role=Role.OFFICER)
    return found


@pytest.fixture
def case(site):
    act = Act(Origin(), NOON)
    opened = cases.open_by_hand(site, CaseFacts("", discovered_at=NOON), act)
    return cases.move(opened.uuid, "submit", reason="", act=act)


@pytest.mark.parametrize(
    ("region", "level"),
    [("3", "province"), ("31", "province"), ("3101", "prefecture"), ("310104", "county")],
)
def test_a_level_is_how_far_a_membership_reaches(site, region, level):
    officer = make_user()
    Membership.objects.create(user=officer, region=region, role=Role.OFFICER)

    assert case_levels.levels_of(officer, site) == {level}


def test_an_officer_of_one_site_is_of_the_county_and_others_are_of_no_level(site):
    assert case_levels.levels_of(make_member(site, Role.OFFICER), site) == {Level.COUNTY}
    assert case_levels.levels_of(make_member(site, Role.LEAD), site) == set()


def test_an_ended_membership_counts_no_more(site, line, case):
    line["county"].memberships.update(ended_at=NOON)

    assert case_levels.holder_of(case) == Level.PREFECTURE


def test_the_county_holds_a_case_and_others_in_the_line_comment_only(case, line):
    cases.comment(case.uuid, "请核对批号", by(line["province"]))

    for level in ("prefecture", "province"):
        with pytest.raises(NotHolder):
            case_classes.classify(case.uuid, FINAL, by(line[level]))
        with pytest.raises(NotHolder):
            cases.move(case.uuid, "return", reason="x", act=by(line[level]))
    case_classes.classify(case.uuid, FINAL, by(line["county"]))

    assert case.classifications.count() == 1


def test_where_a_county_has_no_officer_the_next_level_holds_it(site, case):
    province = make_user("province")
    Membership.objects.create(user=province, region="31", role=Role.OFFICER)

    assert cases.move(case.uuid, "close", reason="x", act=by(province)).state == "closed"


def test_a_site_gives_no_final_class(site, case, line):
    with pytest.raises(NotHolder):
        case_classes.classify(case.uuid, FINAL, by(make_member(site, Role.LEAD)))


def test_a_case_passes_once_it_is_taken_and_not_before(case, line):
    case_handing.offer(case.uuid, "province", reason="死亡病例", act=by(line["county"]))
    assert case_levels.holder_of(case) == Level.COUNTY

    case_handing.take(case.uuid, by(line["province"], 5))

    assert case_levels.holder_of(case) == Level.PROVINCE
    with pytest.raises(NotHolder):
        case_classes.classify(case.uuid, FINAL, by(line["county"]))
    case_classes.classify(case.uuid, FINAL, by(line["province"]))


def test_a_case_passes_down_again(case, line):
    case_handing.offer(case.uuid, "prefecture", reason="x", act=by(line["county"]))
    case_handing.take(case.uuid, by(line["prefecture"]))
    case_handing.offer(case.uuid, "county", reason="y", act=by(line["prefecture"]))
    case_handing.take(case.uuid, by(line["county"]))

    assert case_levels.holder_of(case) == Level.COUNTY


def test_events_tell_the_levels_and_neither_reason_nor_person(case, line):
    case_handing.offer(case.uuid, "province", reason="王小明死亡", act=by(line["county"]))
    case_handing.take(case.uuid, by(line["province"]))

    rows = Event.objects.filter(type__in=["case.offered", "case.taken"])
    assert [row.payload["to_level"] for row in rows] == ["province", "province"]
    assert "王小明" not in str([row.payload for row in rows])


@pytest.mark.parametrize("level", ["county", "rubbish", ""])
def test_an_offer_to_oneself_or_nobody_is_refused(case, line, level):
    with pytest.raises(CannotHand):
        case_handing.offer(case.uuid, level, reason="x", act=by(line["county"]))


def test_an_offer_to_a_level_without_officers_is_refused(case, line):
    line["province"].memberships.update(ended_at=NOON)

    with pytest.raises(CannotHand):
        case_handing.offer(case.uuid, "province", reason="x", act=by(line["county"]))


def test_one_offer_at_a_time_with_a_reason_by_the_holder(case, line):
    with pytest.raises(CannotHand):
        case_handing.offer(case.uuid, "province", reason="", act=by(line["county"]))
    with pytest.raises(NotHolder):
        case_handing.offer(case.uuid, "county", reason="x", act=by(line["province"]))
    case_handing.offer(case.uuid, "province", reason="x", act=by(line["county"]))
    with pytest.raises(CannotHand):
        case_handing.offer(case.uuid, "prefecture", reason="x", act=by(line["county"]))

    assert CaseHanding.objects.count() == 1


def test_only_the_level_that_is_asked_takes_and_it_takes_once(case, line):
    case_handing.offer(case.uuid, "province", reason="x", act=by(line["county"]))
    for level in ("county", "prefecture"):
        with pytest.raises(CannotHand):
            case_handing.take(case.uuid, by(line[level]))
    case_handing.take(case.uuid, by(line["province"]))

    with pytest.raises(CannotHand):
        case_handing.take(case.uuid, by(line["province"]))


@pytest.mark.parametrize("level", ["county", "province"])
def test_giver_and_receiver_end_an_offer_with_a_reason(case, line, level):
    case_handing.offer(case.uuid, "province", reason="x", act=by(line["county"]))
    with pytest.raises(CannotHand):
        case_handing.decline(case.uuid, reason="", act=by(line[level]))

    case_handing.decline(case.uuid, reason="县区可处理", act=by(line[level]))

    assert case_levels.holder_of(case) == Level.COUNTY
    assert case_handing.open_of(case) is None


def test_a_third_level_does_not_decline(case, line):
    case_handing.offer(case.uuid, "province", reason="x", act=by(line["county"]))

    with pytest.raises(CannotHand):
        case_handing.decline(case.uuid, reason="x", act=by(line["prefecture"]))


def test_a_closed_case_is_not_offered(case, line):
    cases.move(case.uuid, "close", reason="x", act=by(line["county"]))

    with pytest.raises(CannotHand):
        case_handing.offer(case.uuid, "province", reason="x", act=by(line["county"]))


# What a site reads from its officers


def news(person):
    return [(row.kind, row.text) for row in officer_words.new_for(person)]


def test_an_officers_word_is_new_to_the_site_until_it_is_read(site, case, line):
    doctor = make_member(site, Role.CLINICIAN)
    cases.move(case.uuid, "return", reason="缺少批号", act=by(line["county"]))
    assert news(doctor) == [("returned", "缺少批号")]

    cases.note_view(case, "read", by(doctor, 1))
    assert news(doctor) == []

    cases.comment(case.uuid, "谢谢", by(line["county"], 2))
    assert news(doctor) == [("commented", "谢谢")]


def test_reading_is_each_persons_own(site, case, line):
    doctor, lead = make_member(site, Role.CLINICIAN), make_member(site, Role.LEAD)
    cases.comment(case.uuid, "x", by(line["county"]))

    cases.note_view(case, "read", by(lead, 1))

    assert (len(news(doctor)), len(news(lead))) == (1, 0)


def test_the_sites_own_words_and_other_sites_are_no_news(site, case, line):
    doctor, lead = make_member(site, Role.CLINICIAN), make_member(site, Role.LEAD)
    stranger = make_member(make_site(name="far"), Role.CLINICIAN, "stranger")
    cases.comment(case.uuid, "x", by(lead))
    assert news(doctor) == []

    cases.comment(case.uuid, "x", by(line["county"]))

    assert (len(news(doctor)), news(stranger), news(line["county"])) == (1, [], [])


def test_another_registers_reports_do_not_stand_before_ones_own(site):
    old = CaseFacts("E1", discovered_at=NOON - timedelta(days=400))
    imported = cases.open_imported(site, old, by(None))
    own = cases.open_by_hand(site, CaseFacts("", discovered_at=NOON), by(None))

    rows = worklist.cases_at(Site.objects.all(), {})

    assert [row.pk for row in rows] == [own.pk, imported.pk]
    assert (imported.due_at, own.due_at) == (None, NOON + timedelta(hours=48))
    assert [clock.missing != () for clock in case_clocks.clocks(imported)] == [True]


def test_an_imported_death_stands_first_all_the_same(site):
    died = CaseFacts("E1", outcome=Outcome.DIED, discovered_at=NOON)
    imported = cases.open_imported(site, died, by(None))

    assert imported.due_at == NOON + timedelta(hours=2)
