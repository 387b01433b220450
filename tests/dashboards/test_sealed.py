"""The sealed file: it comes back whole with its key, and not at all otherwise."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.management.backup.sealed import (
    CHUNK,
    TAG,
    SealedReader,
    SealedWriter,
    Unreadable,
    WrongKey,
    read_header,
)

KEY, OTHER = bytes(range(32)), bytes(32)


def sealed(plain: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, key, {"made_at": "2026-11-23"})
    writer.write(plain)
    writer.close()
    return file.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    reader = SealedReader(io.BytesIO(data), key)
    parts = []
    while part := reader.read(70_000):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5])
def test_what_was_sealed_comes_back(size):
    plain = bytes(n % 251 for n in range(size))

    assert opened(sealed(plain)) == plain


def test_the_same_content_is_sealed_differently_each_time_and_never_readable():
    plain = b"patient 310101199001011234" * 10

    one, two = sealed(plain), sealed(plain)

    assert one != two
    assert b"patient" not in one
    assert KEY.hex().encode() not in one


def test_another_key_is_told_from_damage():
    with pytest.raises(WrongKey):
        opened(sealed(b"x"), OTHER)


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 10**9), flip=st.integers(1, 255))
def test_no_byte_can_be_changed(position, flip):
    data = bytearray(sealed(b"the hall is full" * 50))
    data[position % len(data)] ^= flip

    with pytest.raises(Unreadable):
        opened(bytes(data))


@pytest.mark.parametrize("kept", [0, 5, 11, 100, -1, -(TAG + 1)])
def test_nothing_can_be_cut_off(kept):
    with pytest.raises(Unreadable):
        opened(sealed(b"the hall is full" * 50)[:kept])


def test_a_whole_last_part_can_not_be_cut_off_nor_two_parts_exchanged():
    data = sealed(bytes(2 * CHUNK + 5))
    file = io.BytesIO(data)
    read_header(file)
    head, part = file.tell(), CHUNK + TAG
    first, second = data[head : head + part], data[head + part : head + 2 * part]

    for changed in (
        data[: head + 2 * part],
        data[:head] + second + first + data[head + 2 * part :],
    ):
        with pytest.raises(Unreadable):
            opened(changed)


def test_nothing_can_be_added():
    with pytest.raises(Unreadable):
        opened(sealed(b"x" * 100) + b"y")
