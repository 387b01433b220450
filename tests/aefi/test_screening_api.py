"""Officers ask for runs, read signals and decide on them; other regions' runs are not found."""

from datetime import timedelta
from uuid import uuid4

import pytest

from aefi.models import RunState, ScreeningRun, Signal, SignalDecision
from aefi.services import screening
from alerts.models import Event, Role
from observation.models import Lot, Observation
from tests.aefi.campaigns import make_campaign, make_officer, make_signal
from tests.callers import Caller
from tests.factories import NOON, make_member, make_session, make_site, make_token
from tests.floor_factories import event_types, frozen, last_event, make_observation

pytestmark = pytest.mark.django_db
RUNS = "screening-runs/"


@pytest.fixture
def campaign():
    with frozen(NOON):
        yield make_campaign()


@pytest.fixture
def officer(campaign):
    return Caller(campaign.officer)


@pytest.fixture
def screened(campaign, officer):
    """The campaign's newest run, computed."""
    uuid = officer.post(RUNS, {}, key=str(uuid4())).json()["uuid"]
    screening.compute_waiting(clock=lambda: NOON)
    return ScreeningRun.objects.get(uuid=uuid)


def decide(officer, signal, kind="watch", reason="等待下周数据", key=""):
    body = {"kind": kind, "reason": reason}
    return officer.post(f"signals/{signal.uuid}/decide/", body, key=key or str(uuid4()))


def best_of(run):
    return run.signals.get(rank=1)


def test_a_run_is_asked_for_and_its_signals_are_read(officer, screened, campaign):
    run = officer.get(f"{RUNS}{screened.uuid}/").json()
    signals = officer.get(f"signals/?run={screened.uuid}").json()

    assert (run["state"], run["region"], run["progress"]) == ("done", "3101", 1.0)
    assert run["counts"]["doses"] == campaign.given
    assert signals[0]["lot"] == str(campaign.bad.uuid)
    assert [one["rank"] for one in signals] == list(range(1, len(signals) + 1))
    assert officer.get("signals/").json() == signals
    assert [one["uuid"] for one in officer.get(RUNS).json()] == [str(screened.uuid)]


def test_asking_for_a_run_answers_at_once_and_once_per_key(officer, campaign):
    key = str(uuid4())

    first = officer.post(RUNS, {"seed": 5}, key=key)
    again = officer.post(RUNS, {"seed": 5}, key=key)

    assert (first.status_code, first.json()["state"]) == (201, "queued")
    assert again.json() == first.json()
    assert ScreeningRun.objects.get().plan == {"seed": 5}
    assert event_types(campaign.sites[0]) == ["screening.requested"]


def test_a_part_of_the_region_may_be_screened_alone(officer, campaign):
    by_site = officer.post(RUNS, {"site": str(campaign.sites[1].uuid)}).json()
    by_county = officer.post(RUNS, {"region": "310104"}).json()

    assert by_site["site"] == str(campaign.sites[1].uuid)
    assert by_county["region"] == "310104"


@pytest.mark.parametrize("body", [{"region": "31"}, {"region": "3201"}, {"site": "elsewhere"}])
def test_more_than_the_officer_oversees_is_not_found(officer, body):
    if "site" in body:
        body = {"site": str(make_site(county_code="320100").uuid)}

    assert officer.post(RUNS, body).status_code == 404
    assert not ScreeningRun.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [({"region": "x"}, "region"), ({"alpha": 2}, "alpha"), ({"seed": -1}, "seed")],
)
def test_a_wrong_request_names_its_field(officer, body, field):
    answer = officer.post(RUNS, body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_another_regions_officer_finds_nothing(screened):
    elsewhere = Caller(make_officer("3201"))
    lower = Caller(make_officer("310105"))
    best = best_of(screened)

    for caller in (elsewhere, lower):
        assert caller.get(f"{RUNS}{screened.uuid}/").status_code == 404
        assert caller.get(f"signals/?run={screened.uuid}").status_code == 404
        assert decide(caller, best).status_code == 404
        assert caller.get(RUNS).json() == []
        assert caller.get("signals/").json() == []
    assert not SignalDecision.objects.exists()


def test_the_officer_of_one_county_does_not_see_the_whole_regions_run(screened):
    county = Caller(make_officer("310104"))

    assert county.get(f"{RUNS}{screened.uuid}/").status_code == 404
    assert county.get(RUNS).json() == []


def test_the_provinces_officer_sees_it(screened):
    province = Caller(make_officer("31"))

    assert [one["uuid"] for one in province.get(RUNS).json()] == [str(screened.uuid)]


def test_a_lead_is_refused(campaign, screened):
    lead = Caller(make_member(campaign.sites[0], Role.LEAD))

    assert lead.get(RUNS).status_code == 403
    assert lead.post(RUNS, {}).status_code == 403
    assert decide(lead, best_of(screened)).status_code == 404


def test_a_token_bound_to_some_sites_reaches_no_run_beyond_them(campaign, screened):
    token = make_token(campaign.officer)
    campaign.officer.access_tokens.get().sites.set([campaign.sites[0]])
    machine = Caller(token=token)

    assert machine.get(f"{RUNS}{screened.uuid}/").status_code == 404
    assert machine.get(RUNS).json() == []
    assert machine.post(RUNS, {}).status_code == 404


def test_a_decision_is_kept_with_its_reason_and_told(officer, screened, campaign):
    best = best_of(screened)

    answer = decide(officer, best, "investigate", "派现场组").json()

    assert (answer["kind"], answer["reason"]) == ("investigate", "派现场组")
    assert answer["by"] == str(campaign.officer.uuid)
    listed = officer.get(f"signals/?run={screened.uuid}").json()[0]
    assert listed["decision"] == answer
    told = last_event(campaign.sites[2], "signal.decided")
    assert told.payload == {"kind": "investigate", "lot": str(campaign.bad.uuid)}
    assert Lot.objects.filter(held_at=None).count() == 6


def test_the_latest_decision_counts_and_the_earlier_ones_stay(officer, screened):
    best = best_of(screened)
    decide(officer, best, "watch")
    decide(officer, best, "dismiss", "登记错误")

    assert officer.get("signals/").json()[0]["decision"]["kind"] == "dismiss"
    assert [row.kind for row in best.decisions.order_by("pk")] == ["watch", "dismiss"]


def test_a_decision_carries_over_to_the_same_cluster_in_the_next_run(officer, screened):
    made = decide(officer, best_of(screened), "watch").json()
    officer.post(RUNS, {"seed": 2})
    screening.compute_waiting(clock=lambda: NOON + timedelta(hours=1))
    ScreeningRun.objects.exclude(pk=screened.pk).update(requested_at=NOON + timedelta(hours=1))

    newest = officer.get("signals/").json()[0]

    assert newest["run"] != str(screened.uuid)
    assert newest["decision"] == made


def test_a_decision_of_another_scope_does_not_carry_over(officer, campaign):
    district = ScreeningRun.objects.create(region="310104", requested_at=NOON)
    region = ScreeningRun.objects.create(region="3101", requested_at=NOON, state=RunState.DONE)
    decide(officer, make_signal(district))
    make_signal(region)

    assert officer.get(f"signals/?run={region.uuid}").json()[0]["decision"] is None


@pytest.mark.parametrize(
    ("body", "field"), [({"reason": " "}, "reason"), ({"kind": "forget"}, "kind")]
)
def test_a_decision_needs_a_known_kind_and_a_reason(officer, screened, body, field):
    answer = officer.post(
        f"signals/{best_of(screened).uuid}/decide/", {"kind": "watch", "reason": "x", **body}
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert not SignalDecision.objects.exists()


def test_the_same_decision_sent_twice_is_one(officer, screened):
    key = str(uuid4())
    first = decide(officer, best_of(screened), key=key)

    assert decide(officer, best_of(screened), key=key).json() == first.json()
    assert SignalDecision.objects.count() == 1


def test_a_held_lot_is_refused_at_every_site_and_no_watch_ends(officer, screened, campaign):
    lot, other = campaign.bad, campaign.lots[0]
    watched = {}
    for site in campaign.sites:
        make_session(site)
        watched[site] = make_observation(site, started_at=NOON)
        watched[site].doses.create(lot=lot, vaccine=lot.vaccine, given_at=NOON, entered_at=NOON)

    assert decide(officer, best_of(screened), "hold_lot", "皮疹聚集").status_code == 200

    for site in campaign.sites:
        vaccinator = Caller(make_member(site, Role.VACCINATOR, f"v{site.pk}"))
        check = f"sites/{site.uuid}/dose-checks/"
        refused = vaccinator.post(check, {"vaccine": "FLU4", "lot": lot.number})
        assert refused.status_code == 409
        assert refused.json()["type"].endswith("lot_held")
        assert vaccinator.post(check, {"vaccine": "FLU4", "lot": other.number}).status_code == 200
        row = Observation.objects.get(pk=watched[site].pk)
        assert (row.ended_at, row.flags) == (None, ["lot_held_since"])
        held = Event.objects.get(stream__site=site, type="lot.held")
        assert held.server_at == NOON
    lot.refresh_from_db()
    assert (lot.held_reason, lot.held_by) == ("皮疹聚集", campaign.officer)


def test_a_signal_about_no_lot_holds_none(officer, campaign):
    run = ScreeningRun.objects.create(region="3101", requested_at=NOON)
    about_a_site = make_signal(run, site=campaign.sites[0])

    answer = decide(officer, about_a_site, "hold_lot")

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "kind"
    assert not SignalDecision.objects.exists()
    assert Signal.objects.count() == 1
