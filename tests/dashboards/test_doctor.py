"""`aefi doctor`: each fault is found, named and comes with what to do."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from alerts.outbox import SYSTEM, Fact, append_event
from alerts.services import calls, heartbeats
from alerts.services.timers import arm_timer
from dashboards.management import certificates
from dashboards.management.commands.lan import real_now
from dashboards.management.demo_site import PASSWORD
from dashboards.management.doctor import Level, host, house, stores
from dashboards.management.network import names_of_machine
from tests.alerts.live_site import now
from tests.factories import make_site, make_user

ROOT = Path(__file__).resolve().parents[2]
apprise_loads_old_modules = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def levels(findings) -> dict[str, Level]:
    return {finding.code: finding.level for finding in findings}


def diagnosis(*arguments: str) -> tuple[list[dict[str, str]], bool]:
    """Run the command; return its findings and whether it ended well."""
    out = StringIO()
    try:
        call_command("doctor", "--json", *arguments, stdout=out)
    except CommandError:
        return json.loads(out.getvalue()), False
    return json.loads(out.getvalue()), True


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sound_house(db):
    """A house at work: a site, a pager and a watchdog that live."""
    site = make_site()
    for process in ("pager a:1", "watchdog a:1"):
        heartbeats.record(process, lag_ms=0, now=now())
    return site


def test_a_sound_house_ends_well(sound_house, folder):
    findings, is_well = diagnosis()

    assert [f["code"] for f in findings if f["level"] == "fault"] == []
    assert is_well
    assert {"python", "disk", "database.safety", "migrations", "pager"} <= {
        f["code"] for f in findings
    }


def test_a_house_without_a_pager_ends_badly_and_says_how_to_start_it(db, folder):
    make_site()

    findings, is_well = diagnosis("--language", "en")

    assert not is_well
    pager = next(f for f in findings if f["code"] == "pager")
    assert (pager["level"], pager["remedy"]) == ("fault", "Start: aefi pager")


def test_it_speaks_chinese_unless_told_otherwise(db, folder):
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("doctor", stdout=out)

    assert "尚未建立接种点" in out.getvalue()
    assert "请运行：aefi init" in out.getvalue()


@pytest.mark.parametrize("process", ["pager", "watchdog"])
def test_a_process_that_fell_silent_is_a_fault(sound_house, process):
    heartbeats.record(f"{process} a:1", lag_ms=0, now=now() - timedelta(seconds=6))

    assert levels(house.examined())[process] is Level.FAULT


def test_a_broken_promise_is_named(sound_house):
    arm_timer("observation.due", "x", due_at=now() - timedelta(minutes=1))

    make_open(sound_house)

    assert levels(house.examined())["timers_late"] is Level.FAULT


def make_open(site) -> None:
    """A call runs, so that promises count here."""
    calls.raise_alert(site=site, call=calls.Call(), origin=SYSTEM, now=now())


def test_a_clock_behind_the_log_is_a_fault(sound_house):
    append_event(sound_house.pk, Fact("note", "x"), now=now() + timedelta(minutes=5))

    assert levels(house.examined())["clock.behind"] is Level.FAULT


def test_a_clock_that_was_set_today_is_told(sound_house):
    append_event(
        sound_house.pk, Fact("technical.raised", "clock_stepped"), now=now() - timedelta(hours=1)
    )

    assert levels(house.examined())["clock.step"] is Level.WARNING


@apprise_loads_old_modules
def test_an_address_nobody_understands_is_a_fault_and_never_printed(sound_house, settings):
    settings.APPRISE_URLS = ["wrongkind://secret@host"]

    findings = {finding.code: finding for finding in house.examined()}

    assert findings["channels"].level is Level.FAULT
    assert "wrongkind" in findings["channels"].words
    assert "secret" not in findings["channels"].words


@apprise_loads_old_modules
def test_a_persons_own_address_counts_as_a_way_out(sound_house):
    make_user("zhao", contact_urls=["json://10.0.0.1/hook"])

    assert levels(house.examined())["channels"] is Level.OK


@pytest.mark.parametrize(
    ("hosts", "level"),
    [(["localhost"], Level.WARNING), (["localhost", "hall.local"], Level.FAULT)],
)
def test_published_passwords_are_worse_where_others_reach_them(sound_house, settings, hosts, level):
    person = make_user("lead")
    person.set_password(PASSWORD)
    person.save()
    settings.ALLOWED_HOSTS = hosts

    assert levels(house.examined())["demo_logins"] is level


@pytest.mark.parametrize(
    ("hosts", "over_tls", "level"),
    [
        (["localhost"], False, Level.OK),
        (["localhost", "10.0.0.9"], False, Level.FAULT),
        (["10.0.0.9"], True, Level.OK),
    ],
)
def test_serving_others_needs_tls(settings, hosts, over_tls, level):
    settings.ALLOWED_HOSTS, settings.SERVED_OVER_TLS = hosts, over_tls

    assert levels(host.tls())["tls"] is level


def test_any_name_is_told(settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert levels(host.allowed_hosts())["allowed_hosts"] is Level.WARNING


def test_a_key_file_that_others_can_read_is_a_fault(folder):
    key = folder / "identity_key"
    key.write_text("x" * 64)
    os.chmod(key, 0o644)
    assert levels(host.secrets())["secret_key"] is Level.FAULT

    os.chmod(key, 0o600)

    assert levels(host.secrets())["secret_key"] is Level.OK


def test_a_short_secret_key_is_a_fault(folder, settings):
    settings.SECRET_KEY = "short"

    assert levels(host.secrets())["secret_key"] is Level.FAULT


@pytest.mark.parametrize(
    ("days", "level"), [(1, Level.OK), (390, Level.WARNING), (400, Level.FAULT)]
)
def test_the_end_of_the_certificate_is_told_in_time(folder, days, level):
    made_at = real_now()
    authority = certificates.open_authority(folder / "ca", "AEFI Watch", now=made_at)
    certificates.open_server(folder / "ca", authority, names_of_machine([]), now=made_at)

    found = levels(host.certificate(made_at + timedelta(days=days)))

    assert found["certificate"] is level


def test_debug_is_a_fault(settings):
    settings.DEBUG = True

    assert levels(host.debug())["debug"] is Level.FAULT


def test_the_kernel_tells_of_the_clock_or_nothing_is_claimed():
    assert host.kernel_clock_state() in {None, 0, 1, 2, 3, 4, host.NOT_SYNCHRONISED}
    assert len(list(host.clock_service())) == 1


def test_a_redis_and_a_broker_that_are_away_are_faults(settings):
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}

    assert levels(stores.redis_server()) == {"redis": Level.FAULT}
    assert levels(stores.broker()) == {"broker": Level.FAULT}


def test_without_redis_nothing_is_said_of_it(settings):
    settings.REDIS_URL = ""

    assert list(stores.redis_server()) == []


@pytest.mark.sqlite
def test_the_database_is_safe_against_a_power_cut(db):
    found = levels(stores.database())

    assert found == dict.fromkeys(["database", "database.version", "database.safety"], Level.OK)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_wait_for_the_disk_is_a_fault():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")

    found = {finding.code: finding for finding in stores.database()}
    connection.close()

    assert found["database.safety"].level is Level.FAULT
    assert "synchronous" in found["database.safety"].remedy


def test_a_database_that_is_away_is_named_and_nothing_behind_it_asked(tmp_path):
    away = {"AEFI_VAR_DIR": str(tmp_path), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}

    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "doctor", "--json"],
        env={**os.environ, **away},
        capture_output=True,
        timeout=60,
        check=False,
    )

    found = {row["code"]: row for row in json.loads(done.stdout)}
    assert (done.returncode, found["database"]["level"]) == (1, "fault")
    assert "refused" in found["database"]["words"]
    assert found.keys().isdisjoint({"migrations", "pager", "site"})


@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_URL", "mysql://x"), ("AEFI_TLS", "maybe"), ("DEBUG", "2")]
)
def test_a_setting_that_stops_the_start_is_said_in_one_sentence(tmp_path, name, value):
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "doctor"],
        env={**os.environ, "AEFI_VAR_DIR": str(tmp_path), name: value},
        capture_output=True,
        timeout=60,
        check=False,
    )

    said = done.stderr.decode()
    assert done.returncode == 1
    assert name in said
    assert "Traceback" not in said
