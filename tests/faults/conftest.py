"""Stands on SQLite and on a PostgreSQL of the test's own; each test gets a fresh, seeded one."""

import shutil
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.outside import Endpoint
from tests.faults.results import Proof
from tests.faults.stand import PG_BIN, Cluster, Oracle, Stand

NO_POSTGRES = "needs PostgreSQL: apt-get install postgresql"


def prepared(folder: Path, url: str) -> Stand:
    """Return a stand whose database is migrated and seeded."""
    folder.mkdir(parents=True, exist_ok=True)
    stand = Stand(folder, url)
    assert stand.start("migrate", "--verbosity", "0").wait(120) == 0
    stand.seed = stand.act("seed")
    return stand


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Stand:
    folder = tmp_path_factory.mktemp("template")
    return prepared(folder, f"sqlite:///{folder / 'aefi.sqlite3'}")


@pytest.fixture(scope="session")
def cluster():
    if PG_BIN is None:
        pytest.skip(NO_POSTGRES)
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def postgres_template(cluster, tmp_path_factory) -> Stand:
    cluster.create("template_aefi", "template1")
    return prepared(tmp_path_factory.mktemp("template"), cluster.url("template_aefi"))


@pytest.fixture(params=["sqlite", "postgres"])
def stand(request, tmp_path):
    """A fresh installation on one of the two databases."""
    yield from fresh(request, tmp_path, request.param)


@pytest.fixture
def postgres_stand(request, tmp_path):
    """A fresh installation on PostgreSQL, for what SQLite has no part in."""
    yield from fresh(request, tmp_path, "postgres")


@pytest.fixture
def sqlite_stand(request, tmp_path):
    """A fresh installation on SQLite."""
    yield from fresh(request, tmp_path, "sqlite")


def fresh(request, tmp_path, kind, source=""):
    """Copy the template into an installation, and kill whatever of it still runs afterwards."""
    template = request.getfixturevalue(f"{source or kind}_template")
    folder = tmp_path / "var"
    folder.mkdir()
    for name in ("secret_key", "identity_key"):
        shutil.copy(template.folder / name, folder)
    if kind == "sqlite":
        shutil.copy(template.folder / "aefi.sqlite3", folder)
        url = f"sqlite:///{folder / 'aefi.sqlite3'}"
    else:
        cluster = request.getfixturevalue(f"{source}_cluster" if source else "cluster")
        name = f"aefi_{uuid4().hex[:12]}"
        cluster.create(name, "template_aefi")
        url = cluster.url(name)
    stand = Stand(folder, url, seed=template.seed)
    yield stand
    stand.stop()


@pytest.fixture
def oracle(tmp_path) -> Oracle:
    """The reporter's own log."""
    return Oracle(tmp_path / "oracle.log")


@pytest.fixture
def proof(record_property) -> Proof:
    """Say what was measured, for the report."""
    return Proof(record_property)


@pytest.fixture
def endpoint():
    """The web hook that pages leave for."""
    endpoint = Endpoint()
    yield endpoint
    endpoint.close()
