"""Which pages open to whom, beyond what the table of routes says."""

from uuid import uuid4

import pytest
from django.urls import reverse

from alerts.models import Role
from tests.callers import Caller
from tests.factories import make_device, make_member, make_site, make_user


@pytest.fixture
def tablet(world):
    return make_device(world.site)


def test_on_the_sites_own_tablet_the_board_opens_whoever_is_logged_in(world, tablet):
    helper = Caller(make_user("helper"), device=tablet)

    home = helper.ask("get", "/")

    assert home["Location"] == reverse("board", args=[world.site.uuid])
    assert helper.ask("get", home["Location"]).status_code == 200
    assert helper.ask("get", reverse("station", args=[world.site.uuid])).status_code == 403


def test_a_guest_on_the_tablet_chooses_between_their_own_site_and_this_one(world, tablet):
    elsewhere = make_site(name="elsewhere")
    guest = Caller(make_member(elsewhere, Role.LEAD), device=tablet)

    chooser = guest.ask("get", "/").content.decode()

    assert reverse("lead", args=[elsewhere.uuid]) in chooser
    assert reverse("board", args=[world.site.uuid]) in chooser


def test_a_run_sheet_opens_for_a_call_that_the_server_has_not_heard_of(world):
    lead = Caller(make_member(world.site, Role.LEAD))

    on_its_way = lead.ask("get", reverse("run-sheet", args=[world.site.uuid, uuid4()]))

    assert on_its_way.status_code == 200


def test_after_logging_in_one_is_taken_to_the_call_one_was_paged_for(world):
    address = reverse("alarm", args=[world.call().uuid])

    locked = Caller().ask("get", address)

    assert locked["Location"] == f"{reverse('lock')}?next={address}"
