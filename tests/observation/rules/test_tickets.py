"""What a person scans or types at a seat."""

from uuid import UUID

import pytest

from observation.rules.tickets import observation_key, ticket_number

KEY = "6f2c1a52-6e0e-4a41-9c1f-0a57f2b6a001"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", 12),
        (12, 12),
        (" #012 ", 12),
        ("No.7", 7),
        ("0", None),
        ("-3", None),
        ("12a", None),
        ("", None),
        (None, None),
        (True, None),
        ("2147483647", 2147483647),
        ("2147483648", None),
        ("99999999999999", None),
    ],
)
def test_a_ticket_is_read_as_people_write_it(written, number):
    assert ticket_number(written) == number


@pytest.mark.parametrize("written", [KEY, KEY.upper(), f"https://site.example/o/{KEY}/?x=1"])
def test_a_scanned_code_names_its_observation(written):
    assert observation_key(written) == UUID(KEY)


@pytest.mark.parametrize("written", ["", "12", "6f2c1a52", None, "x" * 500])
def test_other_codes_name_none(written):
    assert observation_key(written) is None
