"""Identifier domains: their names, and who may give numbers in them."""

from typing import Any

import pytest

from exchange.domains import Domain, domains_of

BASE = "https://base.example"
ALPHA = Domain("ALPHA", "1.2.3.4", "urn:x:alpha", frozenset({"h1"}))
STATE = Domain("STATE", uri="urn:x:state", shared=True)
DOMAINS = domains_of([ALPHA, STATE], BASE)
CITIZEN = "urn:oid:2.16.156.10011.1.3"


def patient(*systems: str) -> dict[str, Any]:
    return {
        "identifier": [{"system": system, "value": "1"} if system else {"value": "1"} for system in systems]
    }


@pytest.mark.parametrize("name", ["ALPHA", "alpha", "1.2.3.4", "urn:oid:1.2.3.4", "urn:x:alpha"])
def test_a_domain_has_many_names(name: str) -> None:
    assert DOMAINS.of(name) == ALPHA


def test_aliases_and_kinds() -> None:
    assert DOMAINS.aliases("urn:x:alpha") == ("urn:oid:1.2.3.4", "urn:x:alpha")
    assert DOMAINS.identify("urn:x:alpha") == ("", "urn:oid:1.2.3.4")
    assert DOMAINS.identify("urn:x:state") == ("national-id", "urn:x:state")
    assert DOMAINS.identify(CITIZEN)[0] == "citizen-id"
    assert DOMAINS.systems == {"ALPHA": "urn:oid:1.2.3.4", "STATE": "urn:x:state"}


@pytest.mark.parametrize(
    ("systems", "names", "refused"),
    [
        (("urn:x:alpha",), ("h1",), False),
        (("urn:x:alpha",), ("H1",), False),
        (("urn:x:alpha",), ("h2",), True),
        (("urn:x:alpha", "urn:x:state"), ("h2",), False),
        (("urn:x:alpha", "urn:x:other"), ("h1",), True),
        (("urn:x:alpha", ""), ("h1",), True),
        (("urn:x:alpha", CITIZEN, f"{BASE}/sid/h1/AN"), ("h1",), False),
        ((f"{BASE}/sid/h1/MR",), ("h1",), True),
        ((), ("h1",), True),
    ],
)
def test_who_may_tell_of_a_patient(systems: tuple[str, ...], names: tuple[str, ...], refused: bool) -> None:
    assert (DOMAINS.refusal(patient(*systems), names) is not None) == refused
    assert domains_of((), BASE).refusal(patient(*systems), names) is None
