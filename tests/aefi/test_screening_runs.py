"""A screening run of the product's own doses and reactions: asked for, carried out, picked up again."""

from datetime import timedelta

import pytest

from aefi.models import RunState, ScreeningRun, Signal
from aefi.services import screening, screening_runs
from aefi.services.screening_facts import read_facts
from aefi.services.screening_runs import Scope
from aefi.tasks import run_screening, run_waiting_screenings, screen_nightly
from alerts.models import Role, Site
from alerts.outbox import Origin
from observation.models import Dose, Observation, Reaction
from tests.aefi.campaigns import make_campaign, make_officer
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import event_types, frozen, make_observation

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


@pytest.fixture
def campaign():
    return make_campaign()


def ask(campaign, **plan):
    origin = Origin(actor=campaign.officer)
    scope = Scope(region="3101")
    return screening_runs.request_run(scope=scope, plan=plan, origin=origin, now=NOON)


def compute(run, at=NOON):
    screening.compute_run(run_uuid=run.uuid, clock=lambda: at)
    run.refresh_from_db()
    return run


def facts_of(campaign):
    sites = Site.objects.filter(pk__in=[site.pk for site in campaign.sites])
    return read_facts(sites, since=NOON - YEAR, until=NOON)


def test_every_dose_given_is_in_the_denominator(campaign):
    facts = facts_of(campaign)

    assert facts.counts == {
        "sites": 3,
        "doses": campaign.given,
        "lots": 6,
        "reports": len(campaign.reactions),
    }


def test_only_vaccinated_recipients_enter(campaign):
    site = campaign.sites[0]
    before = len(facts_of(campaign).reports)
    at = NOON - timedelta(days=7)
    signs = {"collapse": "yes"}
    Reaction.objects.create(
        site=site, person_kind="visitor", signs=signs, seen_at=at, entered_at=at
    )
    undosed = make_observation(site, started_at=at)
    Reaction.objects.create(site=site, observation=undosed, signs=signs, seen_at=at, entered_at=at)
    early = Observation.objects.filter(reactions=None, doses__isnull=False).first()
    Reaction.objects.create(
        site=early.site,
        observation=early,
        signs=signs,
        seen_at=early.started_at - timedelta(minutes=5),
        entered_at=at,
    )

    facts = facts_of(campaign)

    assert len(facts.reports) == before
    assert facts.set_aside == {"without_counted_dose": 2, "before_dose": 1}


def test_what_was_taken_back_or_recorded_by_mistake_is_counted_nowhere(campaign):
    before = facts_of(campaign).counts
    Reaction.objects.filter(pk=campaign.reactions[0].pk).update(undone_at=NOON)
    mistaken = campaign.reactions[1].observation
    Observation.objects.filter(pk=mistaken.pk).update(end_kind="cancelled")

    facts = facts_of(campaign)

    assert facts.counts["reports"] == before["reports"] - 2
    assert facts.counts["doses"] == before["doses"] - 1
    assert facts.set_aside == {"taken_back": 1, "without_counted_dose": 1}


def test_two_reactions_of_one_visit_are_one_report(campaign):
    first = campaign.reactions[0]
    before = len(facts_of(campaign).reports)
    Reaction.objects.create(
        site=first.site,
        observation=first.observation,
        signs={"fever": "yes", "rash": "no"},
        seen_at=first.seen_at,
        entered_at=first.seen_at,
    )

    facts = facts_of(campaign)

    assert len(facts.reports) == before
    assert "fever" in facts.reports.mentions.reaction.names


def test_a_lot_that_the_register_does_not_know_is_told_by_what_was_written(campaign):
    Dose.objects.filter(lot=campaign.lots[0]).update(lot=None, lot_as_written="lot: x-77 ")

    facts = facts_of(campaign)

    assert {lot.number for lot in facts.doses.lots} == {
        "X-77",
        "L001",
        "L002",
        "L003",
        "L004",
        "L005",
    }


def test_the_bad_lot_is_the_first_signal_with_its_sentence_and_its_evidence(campaign):
    run = compute(ask(campaign))

    assert (run.state, run.progress, run.error) == (RunState.DONE, 1.0, "")
    best = run.signals.get(rank=1)
    assert best.lot == campaign.bad
    assert best.observed > 2 * best.expected
    assert best.q <= best.error_control < 0.05
    assert "L002" in best.sentence_zh
    assert "L002" in best.sentence_en
    assert "q = " in best.sentence_en
    assert {row.lot for row in run.signals.all()} == {campaign.bad}
    assert len(screening_runs.cases_of(best)) == best.observed
    assert {one["kind"] for one in best.evidence["without"]} >= {"site", "period"}
    assert sum(part["observed"] for part in best.evidence["strata"]) > 0


def test_a_sign_is_said_in_the_readers_words(campaign):
    run = compute(ask(campaign))

    rash = run.signals.filter(reaction="rash").first()
    assert "皮疹" in rash.sentence_zh
    assert "rash" in rash.sentence_en


def test_a_campaign_without_a_bad_lot_has_no_signal():
    calm = make_campaign(bad=False)

    run = compute(ask(calm))

    assert (run.state, run.signals.count()) == (RunState.DONE, 0)
    assert run.summary["families"]


def test_the_same_seed_gives_the_same_signals(campaign):
    first = compute(ask(campaign, seed=7))
    second = compute(ask(campaign, seed=7))

    values = ("cluster", "observed", "expected", "q")
    assert list(first.signals.values_list(*values)) == list(second.signals.values_list(*values))


def test_sites_without_doses_make_an_empty_run():
    site = make_site()
    officer = make_member(site, Role.OFFICER)
    run = screening_runs.request_run(
        scope=Scope(site=site), plan={}, origin=Origin(actor=officer), now=NOON
    )

    assert compute(run).state == RunState.DONE
    assert run.counts["doses"] == 0


def test_a_request_before_the_run_has_begun_is_the_same_run(campaign):
    assert ask(campaign) == ask(campaign)
    assert ask(campaign, seed=3) != ask(campaign)


def test_a_run_is_told_to_every_site_it_covers(campaign):
    compute(ask(campaign))

    for site in campaign.sites:
        assert event_types(site) == ["screening.requested", "screening.finished"]


def test_a_run_computed_twice_is_stored_once(campaign):
    run = compute(ask(campaign))

    again = run_screening(run_id=str(run.uuid), sent_by="a newer version")

    assert again is False
    assert Signal.objects.filter(rank=1).count() == 1


def test_a_run_whose_knock_was_lost_is_picked_up(campaign):
    run = ask(campaign)

    with frozen(NOON):
        assert run_waiting_screenings() == 1

    run.refresh_from_db()
    assert run.state == RunState.DONE


def test_a_run_whose_worker_died_is_taken_up_again_and_the_dead_one_stores_nothing(campaign):
    run = ask(campaign)
    run.claim(now=NOON)
    dead = ScreeningRun.objects.get(pk=run.pk)

    assert screening.compute_waiting(clock=lambda: NOON + timedelta(minutes=9)) == 0
    assert screening.compute_waiting(clock=lambda: NOON + timedelta(minutes=11)) == 1

    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.DONE, 2)
    assert not dead.is_mine().exists()
    screening_runs.fail(dead, error="too late", now=NOON)
    run.refresh_from_db()
    assert run.state == RunState.DONE


def test_a_worker_that_was_given_up_stops_at_its_next_word(campaign):
    run = ask(campaign)
    told = []

    def clock():
        told.append(1)
        if len(told) == 4:
            ScreeningRun.objects.filter(pk=run.pk).update(attempts=5)
        return NOON

    screening.compute_run(run_uuid=run.uuid, clock=clock)

    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert run.signals.count() == 0


def test_a_run_that_breaks_says_why_and_is_not_tried_for_ever(campaign):
    broken = ask(campaign, alpha=7)

    compute(broken)

    assert broken.state == RunState.FAILED
    assert "alpha" in broken.error
    assert event_types(campaign.sites[0])[-1] == "screening.failed"
    assert screening.compute_waiting(clock=lambda: NOON + YEAR) == 0


def test_a_run_that_kills_its_workers_is_given_up(campaign):
    run = ask(campaign)
    ScreeningRun.objects.filter(pk=run.pk).update(attempts=3)

    assert compute(run).state == RunState.FAILED


def test_each_scope_is_screened_once_a_night(campaign):
    make_officer("3101", "second")
    make_member(campaign.sites[0], Role.OFFICER)
    with frozen(NOON):
        assert screen_nightly() == 2
        assert screen_nightly() == 0

    tonight = ScreeningRun.objects.exclude(night_of=None)
    assert {(run.region, run.site) for run in tonight} == {
        ("3101", None),
        ("", campaign.sites[0]),
    }
    assert {run.state for run in tonight} == {RunState.DONE}


def test_the_nightly_job_and_the_picking_up_are_scheduled(settings):
    from dashboards.project.celery import app

    tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    app.loader.import_default_modules()
    assert {"aefi.tasks.screen_nightly", "aefi.tasks.run_waiting_screenings"} <= tasks
    assert tasks <= set(app.tasks)
