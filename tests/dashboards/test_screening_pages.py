"""The officer's signals: the newest run, a signal with its evidence, the decision, who had the lot."""

import pytest
from django.urls import reverse

from aefi.models import RunState, ScreeningRun, SignalDecision
from aefi.services import screening, screening_runs
from aefi.services.screening_runs import Scope
from alerts.outbox import Origin
from observation.models import Observation, Recipient, Vaccine
from tests.aefi.campaigns import make_campaign, make_officer, make_signal
from tests.callers import Caller
from tests.factories import NOON
from tests.floor_factories import frozen

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    with frozen(NOON):
        yield make_campaign()


@pytest.fixture
def run(campaign):
    return screening_runs.request_run(
        scope=Scope(region="3101"), plan={}, origin=Origin(actor=campaign.officer), now=NOON
    )


@pytest.fixture
def screened(run):
    screening.compute_run(run_uuid=run.uuid, clock=lambda: NOON)
    run.refresh_from_db()
    return run


def page(person, name, *keys, language="en", query=""):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    return caller.ask("get", reverse(name, args=keys) + query)


def decide(person, signal, **said):
    address = reverse("signal", args=[signal.uuid])
    return Caller(person).http.post(address, {"reason": "皮疹聚集", **said})


def test_the_list_says_in_both_languages_why_each_signal_is_there(campaign, screened):
    best = screened.signals.get(rank=1)

    english = page(campaign.officer, "signals").content.decode()
    chinese = page(campaign.officer, "signals", language="zh-hans").content.decode()

    assert best.sentence_en.split(",")[0] in english
    assert best.sentence_zh in chinese
    assert "does not say that a vaccine caused anything" in english
    assert "不表示疫苗引起了任何反应" in chinese
    for text in (english, chinese):
        assert f">{campaign.given}<" in text
        assert reverse("signal", args=[best.uuid]) in text


def test_vaccines_and_sites_are_named_in_the_readers_language(campaign, run):
    Vaccine.objects.update(name="流感疫苗", name_en="Influenza vaccine")
    campaign.sites[2].name_en = "North Gate"
    campaign.sites[2].save()
    screening.compute_run(run_uuid=run.uuid, clock=lambda: NOON)
    best = run.signals.get(rank=1)

    english = page(campaign.officer, "signal", best.uuid).content.decode()
    chinese = page(campaign.officer, "signal", best.uuid, language="zh-hans").content.decode()

    assert "Influenza vaccine L002" in best.sentence_en
    assert "流感疫苗" not in english.split("<h2>Cases")[0]
    assert "Influenza vaccine" not in chinese


def test_a_run_that_is_not_finished_shows_how_far_it_is(campaign, run):
    ScreeningRun.objects.update(state=RunState.RUNNING, progress=0.25, stage="scans", seen_at=NOON)

    text = page(campaign.officer, "signals").content.decode()

    assert f'data-run="{run.uuid}"' in text
    assert 'value="0.250"' in text


def test_a_run_that_failed_says_so_in_words(campaign, run):
    ScreeningRun.objects.update(state=RunState.FAILED, error="ValueError: alpha")

    text = page(campaign.officer, "signals").content.decode()

    assert "This run failed" in text
    assert "ValueError: alpha" in text


def test_without_any_run_the_page_offers_one(campaign):
    text = page(campaign.officer, "signals").content.decode()

    assert "Nothing has been screened yet" in text
    answer = Caller(campaign.officer).http.post(reverse("signals-ask"))
    made = ScreeningRun.objects.get()
    assert answer["Location"].endswith(f"?run={made.uuid}")
    assert (made.region, made.requested_by) == ("3101", campaign.officer)


def test_a_signal_shows_strata_what_if_and_its_cases(campaign, screened):
    best = screened.signals.get(rank=1)

    text = page(campaign.officer, "signal", best.uuid).content.decode()

    assert "Ratio without strata" in text
    assert text.count("<tr") > best.observed
    for one in best.evidence["strata"]:
        assert one["name"] in text
    for one in best.evidence["without"]:
        assert one["name"] in text
    assert f"Cases ({best.observed})" in text


def test_every_chart_of_a_run_is_an_image_with_its_numbers_below(campaign, screened):
    text = page(campaign.officer, "signals").content.decode()

    assert screened.charts
    for name in screened.charts:
        address = reverse("signals-chart", args=[screened.uuid, name])
        assert address in text
        image = page(campaign.officer, "signals-chart", screened.uuid, name)
        assert image["Content-Type"] == "image/svg+xml"
        assert b"<svg" in image.content
    assert text.count("The same numbers") == len(screened.charts) - 1


def test_the_decision_form_holds_the_lot_and_remembers_why(campaign, screened):
    best = screened.signals.get(rank=1)

    answer = decide(campaign.officer, best, kind="hold_lot")

    assert answer["Location"] == reverse("signal", args=[best.uuid])
    campaign.bad.refresh_from_db()
    assert campaign.bad.held_at == NOON
    text = page(campaign.officer, "signal", best.uuid).content.decode()
    assert "皮疹聚集" in text
    assert "Lot on hold" in text


def test_the_same_form_sent_twice_is_one_decision(campaign, screened):
    best = screened.signals.get(rank=1)
    key = "3f2c1a52-6e0e-4a41-9c1f-0a57f2b6a001"

    decide(campaign.officer, best, kind="watch", key=key)
    decide(campaign.officer, best, kind="watch", key=key)

    assert SignalDecision.objects.count() == 1


@pytest.mark.parametrize("said", [{"kind": "watch", "reason": " "}, {"kind": "hold_lot"}])
def test_a_decision_without_reason_or_without_a_lot_to_hold_is_asked_again(campaign, run, said):
    about_a_site = make_signal(run, site=campaign.sites[0])

    answer = decide(campaign.officer, about_a_site, **said)

    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    assert not SignalDecision.objects.exists()


def test_an_earlier_decision_is_shown_on_the_next_runs_signal(campaign, screened):
    best = screened.signals.get(rank=1)
    decide(campaign.officer, best, kind="watch")
    later = ScreeningRun.objects.create(region="3101", requested_at=NOON, state=RunState.DONE)
    make_signal(later, cluster=best.cluster, observed=99)

    text = page(campaign.officer, "signals", query=f"?run={later.uuid}").content.decode()

    assert "皮疹聚集" in text
    assert f"{best.observed} observed then, 99 now" in text


def test_everyone_who_had_the_lot_is_listed_with_who_is_watched_now(campaign, screened):
    watched = Observation.objects.filter(doses__lot=campaign.bad).first()
    Observation.objects.filter(pk=watched.pk).update(ended_at=None, end_kind="")

    text = page(campaign.officer, "recipients", campaign.bad.uuid).content.decode()

    assert "240 doses at your sites; 1 recipients are under observation now" in text
    assert text.count("under observation</b>") == 1


def test_the_table_of_who_had_the_lot_opens_in_a_spreadsheet_and_runs_nothing(campaign):
    visit = Observation.objects.filter(doses__lot=campaign.bad).first()
    Recipient.objects.filter(pk=visit.recipient_id).update(name="=1+1", phone="138")

    file = page(campaign.officer, "recipients-file", campaign.bad.uuid)

    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Given at,Site,Now,Recipient")
    assert len(lines) == 241
    assert sum(",'=1+1," in line and ",138," in line for line in lines) == 1
    assert 'filename="lot-1002.csv"' in file["Content-Disposition"]


@pytest.mark.parametrize("name", ["signal", "signals-chart", "recipients", "recipients-file"])
def test_another_regions_officer_finds_nothing(campaign, screened, name):
    stranger = make_officer("3201")
    keys = {
        "signal": [screened.signals.get(rank=1).uuid],
        "signals-chart": [screened.uuid, "forest"],
        "recipients": [campaign.bad.uuid],
        "recipients-file": [campaign.bad.uuid],
    }

    assert page(stranger, name, *keys[name]).status_code == 404
    assert page(stranger, "signals", query=f"?run={screened.uuid}").status_code == 404
