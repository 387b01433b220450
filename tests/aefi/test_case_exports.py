"""Workbooks of many cards: asked for, written by a worker, fetched by whoever asked, removed in time."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from aefi.exchange import card
from aefi.models import CaseExport, CaseView, RunState
from aefi.models.screening import LEASE
from aefi.services import case_exports, case_lists, cases
from aefi.services.cases import Act
from aefi.tasks import tend_case_exports, write_case_export
from alerts.gateways import clock
from alerts.models import Role
from alerts.outbox import Origin
from dashboards.project.settings import CELERY_BEAT_SCHEDULE
from tests.aefi.cases import FULL
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen


@pytest.fixture(autouse=True)
def at_noon(db, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


def opened(site, name="王小明"):
    facts = replace(FULL, patient_name=name)
    return cases.open_by_hand(site, facts, Act(Origin(), NOON))


def ask(person, **said):
    """Ask for a workbook on the page; return the export, or the page that says why not."""
    caller = Caller(person)
    caller.http.cookies["django_language"] = "en"
    answer = caller.http.post(reverse("case-exports"), said)
    if answer.status_code == 302:
        return CaseExport.objects.get(uuid=answer["Location"].split("/")[-2])
    return answer.content.decode()


def page(person, export, name="case-export"):
    caller = Caller(person)
    caller.http.cookies["django_language"] = "en"
    return caller.ask("get", reverse(name, args=[export.uuid]))


def fetched(person, export):
    answer = page(person, export, "case-export-file")
    assert answer.status_code == 200
    return card.cases_from(answer.content)


def written(export):
    assert write_case_export(str(export.uuid))
    export.refresh_from_db()
    return export


def test_a_workbook_is_asked_for_written_and_fetched(site, officer):
    numbers = [opened(site).number for _ in range(3)]
    export = ask(officer)
    waiting = page(officer, export).content.decode()

    written(export)

    assert (export.state, export.done, export.total) == (RunState.DONE, 3, 3)
    assert sorted(one.case_number for one in fetched(officer, export)) == numbers
    assert 'http-equiv="refresh"' in waiting
    done = page(officer, export).content.decode()
    assert "3 / 3" in done
    assert 'http-equiv="refresh"' not in done


def test_nobody_is_named_unless_an_officer_says_why(site, officer):
    case = opened(site)

    plain = written(ask(officer))
    named = written(ask(officer, identified="1", reason="panel"))

    assert fetched(officer, plain)[0].patient_name == ""
    assert fetched(officer, named)[0].patient_name == "王小明"
    purposes = list(CaseView.objects.filter(case=case).values_list("purpose", flat=True))
    assert purposes == ["export cards pseudonymised", "export cards identified panel"]
    assert "Say why" in ask(officer, identified="1", reason=" ")


def test_the_filters_of_the_worklist_and_ones_own_sites_hold(site, officer):
    opened(site, "张三")
    opened(site, "李四")
    opened(make_site(name="other", county_code="310105"), "张三")

    export = written(ask(officer, q="张三", identified="1", reason="x"))

    assert [one.patient_name for one in fetched(officer, export)] == ["张三"]


def test_progress_is_kept_after_each_bundle(site, officer, monkeypatch):
    monkeypatch.setattr(case_lists, "AT_ONCE", 2)
    for _ in range(5):
        opened(site)
    seen = []
    tell = case_exports._tell
    monkeypatch.setattr(
        case_exports,
        "_tell",
        lambda export, done, total, now: (
            seen.append((done, total)),
            tell(export, done, total, now),
        ),
    )

    written(ask(officer))

    assert seen == [(0, 5), (2, 5), (4, 5), (5, 5)]


def test_nobody_fetches_anothers_file(site, officer):
    opened(site)
    export = written(ask(officer))
    colleague = make_member(site, Role.OFFICER, "colleague")

    assert page(colleague, export).status_code == 404
    assert page(colleague, export, "case-export-file").status_code == 404
    assert page(make_member(site, Role.LEAD), export).status_code == 403


def test_an_officer_whose_duty_ended_exports_nothing(site, officer):
    opened(site)
    export = ask(officer)
    officer.memberships.update(ended_at=NOON)

    written(export)

    assert export.total == 0
    assert page(officer, export, "case-export-file").status_code == 403


def test_the_same_click_twice_is_one_export(site, officer):
    opened(site)

    assert ask(officer).pk == ask(officer).pk
    assert ask(officer, q="x").pk != ask(officer).pk


def test_a_file_is_removed_after_a_day(site, officer):
    opened(site)
    export = written(ask(officer))
    path = case_exports.path_of(export)
    assert path.stat().st_mode & 0o077 == 0

    with frozen(NOON + timedelta(hours=25)):
        tend_case_exports()
        answer = page(officer, export, "case-export-file")

    assert not path.exists()
    assert answer.status_code == 404
    assert "removed after 24 hours" in page(officer, export).content.decode()


def test_what_a_dead_worker_left_is_taken_up_and_a_late_one_stops(site, officer):
    opened(site)
    export = ask(officer)
    late = CaseExport.objects.select_related("by").get()
    late.claim(now=NOON)

    assert tend_case_exports() == 0
    with frozen(NOON + LEASE + timedelta(minutes=1)):
        assert tend_case_exports() == 1

    export.refresh_from_db()
    assert (export.state, export.attempts) == (RunState.DONE, 2)
    with pytest.raises(case_exports.TakenOver):
        case_exports._tell(late, 1, 1, NOON)


def test_a_failure_is_told_and_leaves_no_file(site, officer, monkeypatch):
    opened(site)
    monkeypatch.setattr(card, "write_workbook", lambda *_: 1 / 0)

    export = written(ask(officer))

    assert export.state == RunState.FAILED
    assert "ZeroDivisionError" in page(officer, export).content.decode()
    assert list(case_exports.folder().iterdir()) == []


def test_beat_looks_for_what_no_knock_told():
    assert "aefi.tasks.tend_case_exports" in {one["task"] for one in CELERY_BEAT_SCHEDULE.values()}


def test_what_a_killed_worker_left_is_removed_after_a_day(db, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    old, new = case_exports.folder() / "x-1.part", case_exports.folder() / "y-1.part"
    now = clock.now().timestamp()
    for file, age in ((old, 25 * 3600), (new, 0)):
        file.write_bytes(b"x")
        os.utime(file, (now - age, now - age))

    case_exports.drop_old(clock=clock.now)

    assert [file.name for file in case_exports.folder().iterdir()] == ["y-1.part"]
