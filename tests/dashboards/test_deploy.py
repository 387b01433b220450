"""What `compose.yaml` and the systemd units start: each command exists and takes its options."""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml
from celery.bin.celery import celery as celery_commands
from django.core.management import get_commands, load_command_class

from dashboards.project.cli import in_django_words
from tests.faults.stand import PG_BIN, Cluster, Stand, spare_port, until

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
OURS = {
    name: service["command"]
    for name, service in COMPOSE["services"].items()
    if service.get("image") == "aefi-watch"
}


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    return parser


def started_by(path: Path) -> str:
    return unit(path)["Service"]["ExecStart"].replace("%i", "8001")


COMMANDS = [*OURS.values(), *(started_by(path) for path in UNITS)]


def check_aefi(name: str, *arguments: str) -> None:
    """Fail unless `aefi NAME ARGUMENTS` is a command that takes these."""
    app = get_commands()[name]
    load_command_class(app, name).create_parser("aefi", name).parse_args(list(arguments))


def check_celery(*arguments: str) -> None:
    """Fail unless celery finds our application, the command and its options."""
    flag, app, name, *options = arguments
    assert flag == "-A"
    __import__(app)
    command = celery_commands.commands[name]
    command.make_context(name, [*options], resilient_parsing=True)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.split("=")[0] for word in options if word.startswith("-")} <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_exists_and_takes_its_options(command):
    program, *arguments = shlex.split(command)

    assert Path(program).name in {"aefi", "celery"}
    if Path(program).name == "celery":
        check_celery(*arguments)
    else:
        check_aefi(*in_django_words(["aefi", *arguments])[1:])


@pytest.mark.parametrize(
    "page", ["README.md", "docs/operations.md", "docs/scaling.md", "docs/lan.md"]
)
def test_each_command_that_a_page_names_exists(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/])(?<!-u )aefi ([a-z]+(?:-[a-z]+)*)", text))

    assert named
    assert {name.replace("-", "_") for name in named} - get_commands().keys() == set()


def test_a_command_that_does_not_exist_would_be_noticed():
    with pytest.raises(KeyError):
        check_aefi("no_such_command")
    with pytest.raises(AssertionError):
        check_celery("-A", "dashboards.project", "worker", "--no-such-option")


def test_every_process_of_a_server_is_there_and_doubled_where_it_must_be():
    words = [" ".join(shlex.split(command)[:2]) for command in OURS.values()]

    assert {name: words.count(name) for name in ("aefi web", "aefi pager")} == {
        "aefi web": 2,
        "aefi pager": 2,
    }
    assert "aefi watchdog" in words
    assert sum(word.startswith("celery") for word in words) == 2


def test_the_servers_are_of_the_versions_the_product_needs():
    images = {name: service["image"] for name, service in COMPOSE["services"].items()}

    assert int(images["db"].split(":")[1]) >= 15
    assert int(images["redis"].split(":")[1]) >= 7


def test_the_settings_that_are_passed_are_those_that_are_documented():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    documented = set(re.findall(r"^# ([A-Z_]+)=", example, re.M))
    passed = {
        name
        for service in COMPOSE["services"].values()
        if service.get("image") == "aefi-watch"
        for name in service["environment"]
    }

    assert passed - documented == set()


def test_what_must_be_set_is_refused_when_it_is_missing():
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")

    assert {"POSTGRES_PASSWORD", "HOSTS", "TLS_FOLDER"} == set(re.findall(r"\$\{(\w+):\?", text))


def test_the_target_names_units_that_exist_and_both_of_the_doubled():
    wanted = re.findall(r"[\w@.-]+\.service", (ROOT / "deploy/systemd/aefi.target").read_text())
    files = {path.name for path in UNITS}

    assert {re.sub(r"@\w+", "@", name) for name in wanted} <= files
    assert sum(name.startswith("aefi-web@") for name in wanted) == 2
    assert sum(name.startswith("aefi-pager@") for name in wanted) == 2


def test_a_unit_that_dies_is_started_again_for_ever():
    lasting = [unit(path) for path in UNITS if unit(path)["Service"].get("Type") != "oneshot"]

    assert lasting
    assert {one["Service"]["Restart"] for one in lasting} == {"always"}
    assert {one["Unit"]["StartLimitIntervalSec"] for one in lasting} == {"0"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_reads_the_units(tmp_path):
    for path in (ROOT / "deploy/systemd").iterdir():
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text).replace("User=aefi\n", "")
        (tmp_path / path.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.glob("*.service"))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        timeout=60,
        check=False,
    )

    said = done.stderr.decode().splitlines()
    assert [line for line in said if "aefi-" in line and "command" not in line.lower()] == []


@pytest.fixture
def redis_port():
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("needs Redis: apt-get install redis-server")
    port = spare_port()
    with tempfile.TemporaryDirectory() as folder:
        redis = subprocess.Popen(
            [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        yield port
        redis.terminate()
        redis.wait(10)


@pytest.fixture
def server(tmp_path, redis_port):
    """A PostgreSQL and a Redis of the test's own, and the folder of a server."""
    if PG_BIN is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    cluster = Cluster()
    cluster.create("aefi", "template1")
    stand = Stand(tmp_path, cluster.url("aefi"))
    stand.redis = f"redis://127.0.0.1:{redis_port}/0"
    yield stand
    stand.stop()
    cluster.remove()


def doctor(stand: Stand) -> dict[str, dict[str, str]]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "doctor", "--json", "--language", "en"],
        env=stand.environment(REDIS_URL=stand.redis),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return {row["code"]: row for row in json.loads(done.stdout)}


@pytest.mark.servers
def test_the_server_of_the_compose_file_comes_up_sound(server):
    """Every command of the file, started as it stands there but for the ports; the doctor agrees."""
    started = {}
    run = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "init", "--name", "市级", "--admin", "feng"],
        env=server.environment(REDIS_URL=server.redis),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for name, command in OURS.items():
        program, *arguments = shlex.split(command)
        words = [str(spare_port()) if word == "8000" else word for word in arguments]
        words = ["127.0.0.1" if word == "0.0.0.0" else word for word in words]
        module = [str(ROOT / "manage.py")] if program == "aefi" else ["-m", "celery"]
        started[name] = subprocess.Popen(
            [sys.executable, *module, *words],
            cwd=ROOT,
            env=server.environment(REDIS_URL=server.redis),
            stdout=(server.folder / f"{name}.log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        server.processes.append(started[name])
    assert started.pop("migrate").wait(60) == 0

    until(
        lambda: [row for row in doctor(server).values() if row["level"] == "fault"] == [],
        seconds=60,
        what="the doctor finds no fault",
    )

    found = doctor(server)
    assert found["broker"]["words"].endswith("(redis).")
    assert found["broker"]["level"] == "ok", found["broker"]
    assert "PostgreSQL" in found["database.version"]["words"]
    assert {name for name, process in started.items() if process.poll() is not None} == set()


class Proxy:
    """What `deploy/nginx.conf` does with a command: the other process when one is just stopping."""

    def __init__(self, stand: Stand, ports: list[int]) -> None:
        self.stand, self.ports = stand, ports
        self.path = f"/api/v1/sites/{stand.seed['site']}/alerts/"

    def call_for_help(self, key: str) -> int:
        """Send one call; return the status of the first process that answers."""
        headers = self.stand.headers("observer", **{"Idempotency-Key": key})
        for port in [*self.ports, *self.ports]:
            try:
                address = f"http://127.0.0.1:{port}{self.path}"
                answer = httpx.post(address, json={"uuid": key}, headers=headers, timeout=10)
            except httpx.TransportError:
                continue
            if answer.status_code not in {502, 503}:
                return answer.status_code
        return 0


class Caller(threading.Thread):
    """Calls for help one after the other until told to stop, and remembers what was promised."""

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(daemon=True)
        self.proxy, self.is_done = proxy, threading.Event()
        self.promised: list[str] = []
        self.refused: list[int] = []

    def run(self) -> None:
        while not self.is_done.wait(0.1):
            key = str(uuid4())
            status = self.proxy.call_for_help(key)
            if status == 201:
                self.promised.append(key)
            else:
                self.refused.append(status)


def restarted(stand: Stand, process: "subprocess.Popen[bytes]", *command: str):
    """Stop a process as systemd does, and start its next version."""
    process.terminate()
    process.wait(20)
    return stand.start(*command)


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.servers
def test_an_upgrade_one_process_after_the_other_loses_no_call(server):
    assert server.start("migrate", "--verbosity", "0").wait(120) == 0
    server.seed = server.act("seed")
    ports = [spare_port(), spare_port()]
    commands = [("web", "--port", str(port)) for port in ports] + [("pager",), ("pager",)]
    processes = [server.start(*command) for command in commands]
    until(lambda: all(map(is_up, ports)), seconds=60, what="both web processes serve")
    caller = Caller(Proxy(server, ports))
    caller.start()
    until(lambda: len(caller.promised) > 5, seconds=30, what="calls come in")

    for index, command in enumerate(commands):
        processes[index] = restarted(server, processes[index], *command)
        until(lambda: all(map(is_up, ports)), seconds=60, what="the restarted process serves")

    caller.is_done.set()
    caller.join(30)
    assert caller.refused == []
    assert len(caller.promised) > 20
    stored = {str(row[0]) for row in server.rows("SELECT uuid FROM alerts_alert")}
    assert set(caller.promised) <= stored
    paged = "SELECT DISTINCT a.uuid FROM alerts_alert a JOIN alerts_page p ON p.alert_id = a.id"
    until(
        lambda: set(caller.promised) <= {str(row[0]) for row in server.rows(paged)},
        seconds=10,
        what="every call was paged",
    )
