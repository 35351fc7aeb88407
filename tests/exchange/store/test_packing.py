"""Stored bodies."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.store.packing import DICTIONARY, pack, unpack, unpacked

BODY = (
    b'{"resourceType":"Observation","id":"a","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00.000Z"},'
    b'"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}]},'
    b'"subject":{"reference":"Patient/1"}}'
)


@given(st.binary(max_size=5000))
def test_unpack_undoes_pack(body: bytes) -> None:
    assert unpack(pack(body)) == body


def test_threads_do_not_disturb_one_another() -> None:
    bodies = [b'{"id":"%d","text":"%b"}' % (n, bytes([65 + n % 26]) * 20_000) for n in range(400)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda body: unpack(pack(body)), bodies)) == bodies


def test_a_body_is_kept_in_less_than_half_its_bytes() -> None:
    assert len(pack(BODY)) < len(BODY) / 2


def test_a_great_body_is_packed_too() -> None:
    body = b'{"data":"%b"}' % (bytes(range(256)) * 40_000)
    assert unpack(pack(body)) == body


def test_json_stays_as_it_is() -> None:
    assert unpack(BODY) == BODY


def test_a_deleted_version_has_no_body() -> None:
    assert unpacked(None) is None


@pytest.mark.parametrize("kept", [b"", b"\x02abc", b"\x01", b"\x01abc"])
def test_what_pack_did_not_make_is_refused(kept: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        unpack(kept)


def test_the_dictionary_is_the_one_that_bodies_were_stored_with() -> None:
    """Its bytes may never change: what is stored could not be read any more."""
    from hashlib import sha256
    from importlib.resources import files

    assert sha256(files("exchange.store").joinpath(DICTIONARY).read_bytes()).hexdigest() == (
        "04ab656c617437a154ce15bfbfe005571337268d742893a3382450b9fb7c2b52"
    )
