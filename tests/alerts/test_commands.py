"""Exactly once in effect: a key and the answer it got."""

from itertools import count

import pytest
from django.utils.translation import gettext_lazy

from alerts.models import Alert, Command
from alerts.outbox import SYSTEM
from alerts.services import calls, commands
from alerts.services.commands import Answer, KeyUsedDifferently, fingerprint
from alerts.services.refusals import Refusal
from tests.factories import NOON, make_site
from tests.races import at_once


def once(act, *, key="k", caller="device:1", body=None):
    print_ = fingerprint("POST", "/x/", body)
    return commands.once(caller=caller, key=key, print_=print_, act=act, now=NOON)


def counting():
    numbers = count(1)
    return lambda: Answer(201, {"number": next(numbers)})


def test_the_same_key_gives_the_same_answer_again(db):
    act = counting()

    first, second = once(act), once(act)

    assert (first.status, first.body, first.is_replay) == (201, {"number": 1}, False)
    assert (second.status, second.body, second.is_replay) == (201, {"number": 1}, True)


def test_keys_of_different_callers_do_not_meet(db):
    act = counting()

    assert once(act, caller="device:1").body != once(act, caller="device:2").body


def test_a_key_that_came_with_another_request_is_refused(db):
    once(counting(), body={"words": "a"})

    with pytest.raises(KeyUsedDifferently):
        once(counting(), body={"words": "b"})


def test_the_order_of_names_in_a_body_makes_no_other_request():
    one = fingerprint("POST", "/x/", {"a": 1, "b": 2})

    assert one == fingerprint("POST", "/x/", {"b": 2, "a": 1})
    assert one != fingerprint("POST", "/y/", {"a": 1, "b": 2})


def test_a_failing_act_keeps_nothing_and_its_key_may_be_tried_again(world):
    def fail():
        world.call()
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        once(fail)
    assert Alert.objects.count() == Command.objects.count() == 0

    assert once(counting()).body == {"number": 1}


def test_a_refusal_keeps_nothing(db):
    def refuse():
        raise Refusal(gettext_lazy("Not yet."), field="at")

    with pytest.raises(Refusal, match=r"Not yet\."):
        once(refuse)

    assert not Command.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_repeats_at_the_same_moment_are_one_call_and_fifty_equal_answers():
    site = make_site()

    def act():
        alert = calls.raise_alert(site=site, call=calls.Call(), origin=SYSTEM, now=NOON)
        return Answer(201, {"uuid": str(alert.uuid)})

    answers = [a for _round in range(5) for a in at_once(*[lambda: once(act)] * 10)]

    uuids = {answer.body["uuid"] for answer in answers}
    assert uuids == {str(Alert.objects.get().uuid)}
    assert [answer.is_replay for answer in answers].count(False) == 1
