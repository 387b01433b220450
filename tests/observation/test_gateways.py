"""Document numbers: encrypted, found again by a keyed hash, unreadable with another key."""

from observation import gateways

NUMBER = "310104201705020011"


def test_a_number_is_opened_again():
    assert gateways.opened(gateways.sealed(NUMBER)) == NUMBER


def test_the_same_number_is_sealed_differently_each_time_and_found_by_one_hash():
    assert gateways.sealed(NUMBER) != gateways.sealed(NUMBER)
    assert gateways.digest_of(NUMBER) == gateways.digest_of(NUMBER)


def test_neither_form_shows_the_number():
    assert NUMBER not in gateways.sealed(NUMBER)
    assert NUMBER not in gateways.digest_of(NUMBER)


def test_another_key_opens_nothing_and_finds_nothing(settings):
    cipher, digest = gateways.sealed(NUMBER), gateways.digest_of(NUMBER)

    settings.IDENTITY_KEY = "another installation's key"

    assert gateways.opened(cipher) == ""
    assert gateways.digest_of(NUMBER) != digest


def test_no_number_stays_no_number():
    assert (gateways.sealed(""), gateways.opened(""), gateways.digest_of("")) == ("", "", "")
