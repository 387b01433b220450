"""Backup and restore, rehearsed with the commands as they are run, on SQLite and on PostgreSQL."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.faults.stand import PG_BIN, Cluster, Stand, until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.servers
A_CALL = """
from alerts.gateways import clock
from alerts.models import Site
from alerts.outbox import SYSTEM
from alerts.services import calls
calls.raise_alert(site=Site.objects.get(), call=calls.Call(), origin=SYSTEM, now=clock.now())
"""


class House:
    """An installation with a key file and a folder of backups, each in a place of its own."""

    def __init__(self, folder: Path, url: str, like: "House | None" = None) -> None:
        self.like = like
        self.key, self.backups = folder / "safe" / "key", folder / "backups"
        self.key.parent.mkdir(parents=True)
        self.var = folder / "var"
        self.var.mkdir()
        self.stand = Stand(self.var, url)

    def aefi(self, *command: str, fails: bool = False) -> str:
        """Run `aefi …`; return what it says."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *command],
            env=self.stand.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr.decode()[-2000:]
        return (done.stdout + done.stderr).decode()

    def begin(self) -> None:
        """Make the installation; where another was made before, take its files (and its database)."""
        if self.like is None:
            self.aefi("init", "--name", "静安接种点", "--admin", "feng")
        else:
            shutil.copytree(self.like.var, self.var, dirs_exist_ok=True)

    def back_up(self) -> Path:
        if not self.key.exists():
            self.aefi("backup", "--make-key", str(self.key))
        said = self.aefi("backup", "--key-file", str(self.key), "--to", str(self.backups))
        return Path(said.strip())

    def restore(self, path: Path, key: Path | None = None, *, fails: bool = False) -> str:
        return self.aefi("restore", str(path), "--key-file", str(key or self.key), fails=fails)

    def state(self) -> dict[str, object]:
        """Everything that must be the same again, read past the product."""
        tables = ("alerts_site", "alerts_user", "alerts_seat", "django_migrations")
        rows = {name: sorted(map(str, self.stand.rows(f"SELECT * FROM {name}"))) for name in tables}
        heads = self.stand.rows("SELECT seq, head_hash FROM alerts_stream ORDER BY id")
        return {**rows, "heads": heads}

    def epochs(self) -> set[str]:
        return {str(row[0]) for row in self.stand.rows("SELECT epoch FROM alerts_stream")}

    def rename(self) -> None:
        """Do something after the backup that restoring must undo."""
        if self.stand.url.startswith("sqlite"):
            with sqlite3.connect(self.stand.url.removeprefix("sqlite:///")) as live:
                live.execute("UPDATE alerts_site SET name = 'later'")
                live.execute("CREATE TABLE a_later_version (id integer)")
            live.close()
            return
        with psycopg.connect(self.stand.url) as live:
            live.execute("UPDATE alerts_site SET name = 'later'")
            live.execute("CREATE TABLE a_later_version (id integer)")


@pytest.fixture(scope="module")
def cluster():
    if PG_BIN is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="module")
def first_file(tmp_path_factory) -> House:
    folder = tmp_path_factory.mktemp("first")
    house = House(folder, f"sqlite:///{folder / 'var' / 'aefi.sqlite3'}")
    house.begin()
    return house


@pytest.fixture(scope="module")
def first_database(tmp_path_factory, cluster) -> House:
    cluster.create("aefi_first", "template1")
    house = House(tmp_path_factory.mktemp("first"), cluster.url("aefi_first"))
    house.begin()
    return house


@pytest.fixture(params=["sqlite", "postgres"])
def house(request, tmp_path) -> House:
    if request.param == "sqlite":
        return request.getfixturevalue("small_house")
    first, cluster = map(request.getfixturevalue, ("first_database", "cluster"))
    name = f"aefi_{os.urandom(4).hex()}"
    cluster.create(name, "aefi_first")
    return House(tmp_path, cluster.url(name), first)


@pytest.fixture
def small_house(tmp_path, first_file) -> House:
    return House(tmp_path, f"sqlite:///{tmp_path / 'var' / 'aefi.sqlite3'}", first_file)


def test_what_was_backed_up_comes_back_and_what_was_there_is_kept(house):
    house.begin()
    house.aefi("shell", "-c", A_CALL)
    before, epochs = house.state(), house.epochs()
    backup = house.back_up()
    house.rename()

    said = house.restore(backup)

    assert house.state() == before
    assert house.epochs().isdisjoint(epochs)
    assert "complete" in house.aefi("verify_log")
    assert "alert 1, page" in house.aefi("replay")
    assert "no such table" in missing(house) or "does not exist" in missing(house)
    kept = next(house.var.glob("before-restore-*.backup"))
    assert kept.name in said
    house.restore(kept)
    assert house.stand.rows("SELECT name FROM alerts_site") == [("later",)]


def missing(house: House) -> str:
    """What the database says of the table that only came after the backup."""
    try:
        house.stand.rows("SELECT * FROM a_later_version")
    except Exception as error:  # noqa: BLE001 - either database's own error
        return str(error)
    return ""


def test_neither_names_nor_keys_can_be_read_in_the_backup(small_house):
    small_house.begin()
    content = small_house.back_up().read_bytes()
    keys = json.loads(small_house.key.read_text())

    assert "静安".encode() not in content
    assert all(key.encode() not in content for key in keys.values())
    assert (small_house.key.stat().st_mode & 0o777, keys["identity"]) == (
        0o600,
        (small_house.var / "identity_key").read_text(),
    )


@pytest.mark.parametrize("harm", ["wrong key", "flipped", "cut off", "another file"])
def test_a_wrong_key_or_a_damaged_file_says_so_and_changes_nothing(house, harm):
    house.begin()
    backup, key = house.back_up(), house.key
    house.rename()
    before, epochs = house.state(), house.epochs()
    if harm == "wrong key":
        key = house.key.with_name("other")
        house.aefi("backup", "--make-key", str(key))
    elif harm == "flipped":
        data = bytearray(backup.read_bytes())
        data[len(data) // 2] ^= 1
        backup.write_bytes(data)
    elif harm == "cut off":
        backup.write_bytes(backup.read_bytes()[:-1000])
    else:
        backup.write_bytes(b"SQLite format 3" + bytes(1000))

    said = house.restore(backup, key, fails=True)

    assert ("密钥不匹配" if harm == "wrong key" else "备份无法读取") in said
    assert (house.state(), house.epochs()) == (before, epochs)
    assert list(house.var.glob("before-restore-*")) == []


def test_a_new_machine_gets_database_keys_and_trust_from_backup_and_key_file(small_house, tmp_path):
    small_house.begin()
    (small_house.var / "ca").mkdir()
    (small_house.var / "ca" / "authority.pem").write_text("trust")
    backup = small_house.back_up()
    fresh = House(tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'var' / 'aefi.sqlite3'}")

    fresh.restore(backup, small_house.key)

    assert fresh.stand.rows("SELECT name FROM alerts_site") == [("静安接种点",)]
    assert fresh.var.joinpath("ca", "authority.pem").read_text() == "trust"
    assert (fresh.var / "identity_key").read_text() == (
        small_house.var / "identity_key"
    ).read_text()


def test_a_damaged_database_is_kept_aside_and_replaced(small_house):
    small_house.begin()
    before = small_house.state()
    backup = small_house.back_up()
    database = small_house.var / "aefi.sqlite3"
    database.write_bytes(b"\0" * 8192)

    small_house.restore(backup)

    assert small_house.state() == before
    assert (small_house.var / "aefi.sqlite3.damaged").exists()


def test_nothing_is_restored_while_the_product_runs(small_house):
    small_house.begin()
    backup = small_house.back_up()
    pager = small_house.stand.start("pager")
    until(lambda: small_house.stand.count("alerts_heartbeat"), seconds=30, what="a heartbeat")
    try:
        said = small_house.restore(backup, fails=True)
    finally:
        small_house.stand.stop()
        pager.wait(10)

    assert "系统正在运行" in said


def test_a_backup_is_made_while_the_pager_writes(small_house):
    small_house.begin()
    small_house.stand.start("pager")
    try:
        backup = small_house.back_up()
    finally:
        small_house.stand.stop()

    assert backup.stat().st_mode & 0o777 == 0o600


def test_the_key_never_lies_with_what_it_locks_and_is_never_overwritten(small_house):
    small_house.begin()
    small_house.back_up()
    inside = small_house.backups / "key"
    small_house.aefi("backup", "--make-key", str(inside))

    folder = str(small_house.backups)
    small_house.aefi("backup", "--key-file", str(inside), "--to", folder, fails=True)
    small_house.aefi("backup", "--make-key", str(small_house.key), fails=True)
    os.chmod(small_house.key, 0o644)
    small_house.aefi("backup", "--key-file", str(small_house.key), "--to", folder, fails=True)


def test_a_backup_of_a_newer_version_is_refused(small_house):
    small_house.begin()
    with sqlite3.connect(small_house.var / "aefi.sqlite3") as live:
        live.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('alerts', '9999_later', '2030-01-01')"
        )
    live.close()
    backup = small_house.back_up()

    said = small_house.restore(backup, fails=True)

    assert "alerts.9999_later" in said
