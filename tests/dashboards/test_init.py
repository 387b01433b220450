"""`aefi init`: a site of one's own, made once, with no login that anybody could know."""

import re
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError

from alerts.models import AreaKind, Membership, Seat, Site, Stream, User
from alerts.outbox import Fact, append_event
from dashboards.management.commands import run
from dashboards.management.demo_site import has_demo_logins
from tests.alerts.live_site import now
from tests.factories import make_site

pytestmark = pytest.mark.django_db
DRAWN = re.compile(r"[a-z2-9]{5}(?:-[a-z2-9]{5}){3}")


@pytest.fixture(autouse=True)
def nobody_types(monkeypatch):
    """The command runs without a terminal, as from a script."""
    monkeypatch.setattr("sys.stdin", StringIO())


def init(**changes) -> str:
    out = StringIO()
    options = {"name": "静安社区接种门诊", "admin": "feng", **changes}
    call_command("init", stdout=out, **options)
    return out.getvalue()


def test_a_site_is_made_with_all_it_needs_to_open():
    init(kind="school", bays=3, seats=12, name_en="Jing'an clinic", county="310106")

    site = Site.objects.get()
    assert (site.kind, site.county_code) == ("school", "310106")
    assert {area.kind for area in site.areas.all()} == set(AreaKind.values)
    assert [bay.code for bay in site.bays.order_by("code")] == ["A", "B", "C"]
    assert Seat.objects.filter(site=site).count() == 36
    assert append_event(site.pk, Fact("note", "x"), now=now()).seq == 1


def test_no_two_seats_lie_on_one_another():
    init(bays=6, seats=20)

    for bay in Site.objects.get().bays.all():
        places = list(bay.seats.values_list("column", "row"))
        assert len(set(places)) == len(places)
    corners = list(Site.objects.get().bays.values_list("column", "row"))
    assert len(set(corners)) == len(corners)


def test_the_first_administrator_gets_a_drawn_password_once():
    said = init()

    password = DRAWN.search(said).group()
    person = User.objects.get()
    assert person.check_password(password)
    assert Membership.objects.get().role == "administrator"
    assert not has_demo_logins()


def test_a_password_from_a_file_is_taken_and_not_shown(tmp_path):
    (tmp_path / "word").write_text("quiet-evening-42\n")

    said = init(password_file=str(tmp_path / "word"))

    assert "quiet-evening-42" not in said
    assert User.objects.get().check_password("quiet-evening-42")


def test_a_password_that_is_too_easy_makes_nothing(tmp_path):
    (tmp_path / "word").write_text("12345\n")

    with pytest.raises(CommandError):
        init(password_file=str(tmp_path / "word"))

    assert (Site.objects.count(), User.objects.count(), Stream.objects.count()) == (0, 0, 0)


def test_a_second_time_is_refused_and_changes_nothing():
    init()
    before = User.objects.get().password

    with pytest.raises(CommandError, match="--further"):
        init(name="另一个", admin="liu")

    assert (Site.objects.count(), User.objects.count()) == (1, 1)
    assert User.objects.get().password == before


def test_a_further_site_is_made_on_request_and_never_a_known_name_or_login():
    init()

    for known in ({"admin": "liu"}, {"name": "另一个"}):
        with pytest.raises(CommandError):
            init(further=True, **known)
    init(further=True, name="另一个", admin="liu")

    assert Site.objects.count() == 2


@pytest.mark.parametrize("size", [{"bays": 0}, {"bays": 27}, {"seats": 0}, {"seats": 201}])
def test_an_impossible_hall_is_refused(size):
    with pytest.raises(CommandError):
        init(**size)

    assert not Site.objects.exists()


def test_the_demonstration_is_not_loaded_beside_a_site_in_use():
    make_site()

    run.prepare("http://localhost", ["load_demo"])

    assert not User.objects.filter(username="observer").exists()


def test_the_administrator_can_log_in(rf):
    password = DRAWN.search(init()).group()

    assert authenticate(rf.post("/"), username="feng", password=password) is not None
