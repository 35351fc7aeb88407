"""Each modifier by an example; `test_execute` holds all of them to the naive search."""

import math
from typing import Any

import asyncpg
import pytest

from exchange.search.criteria.criterion import modifiers
from exchange.search.query.parse import parse
from exchange.search.query.query import SearchError
from exchange.search.statement.globe import RADIUS
from tests.exchange.search.searched import found, searching, store

LOINC = "http://loinc.org"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
Resource = dict[str, Any]


def location(id_: str, **content: Any) -> Resource:
    return {"resourceType": "Location", "id": id_} | content


def at(latitude: float, longitude: float) -> Resource:
    return {"position": {"latitude": latitude, "longitude": longitude}}


# A degree of a great circle.
DEGREE = math.radians(1) * RADIUS / 1000


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        ("31.2304|121.4737|1|km", "bund"),
        ("31.2304|121.4737|1000|m", "bund"),
        ("31.2304|121.4737|0.7|[mi_us]", "bund"),
        ("31.2304|121.4737", "bund pudong"),  # 50 km
        ("31.2304|121.4737|1", "bund"),  # in kilometres
        (f"0|179.5|{DEGREE * 1.01}|km", "fiji"),  # across the 180th meridian
        (f"0|179.5|{DEGREE * 0.99}|km", ""),
        (f"90|0|{DEGREE * 1.01}|km", "pole"),  # every longitude is near at a pole
        (f"89|-120|{DEGREE * 2.01}|km", "pole"),
        ("0|0|20016|km", "bund fiji pole pudong"),
        ("31.2304|121.4737|1|km,0|-179.5|1|m", "bund fiji"),
    ],
)
async def test_near_is_a_distance_on_the_globe(
    connection: asyncpg.Connection, near: str, expected: str
) -> None:
    places = {"bund": (31.2335, 121.4830), "pudong": (31.15, 121.80), "fiji": (0, -179.5), "pole": (89, 60)}
    await store(
        connection, [location("nowhere"), *(location(id_, **at(*place)) for id_, place in places.items())]
    )
    assert await found(connection, "Location", ("near", near)) == expected.split()
    assert await found(connection, "Location", ("near:missing", "true")) == ["nowhere"]


@pytest.mark.parametrize(
    "near", ["", "31", "31|x", "91|0", "0|181", "0|0|x|km", "0|0|1|parsec", "0|0||km", "0|0|-1"]
)
def test_no_place(near: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse(searching(), "Location", [("near", near)])
    assert (caught.value.issue.code, caught.value.issue.expression) == ("invalid", "near")


async def test_parts_of_a_place_upwards_and_downwards(connection: asyncpg.Connection) -> None:
    """Hospital > ward > bed, and two that are part of each other."""
    part = {"hospital": None, "ward": "hospital", "bed": "ward", "ring": "gnir", "gnir": "ring"}
    places = [
        location(id_, **({"partOf": {"reference": f"Location/{above}"}} if above else {}))
        for id_, above in part.items()
    ]
    stays = [
        {
            "resourceType": "Encounter",
            "id": f"in-{id_}",
            "status": "finished",
            "location": [{"location": {"reference": f"Location/{id_}"}}],
        }
        for id_ in (*part, "unknown")
    ]
    await store(connection, [*places, *stays])
    for name, value, expected in (
        ("location:below", "hospital", ["in-bed", "in-hospital", "in-ward"]),
        ("location:below", "Location/ward", ["in-bed", "in-ward"]),
        ("location:above", "ward", ["in-hospital", "in-ward"]),
        ("location:above", "bed,unknown", ["in-bed", "in-hospital", "in-unknown", "in-ward"]),
        ("location:below", "ring", ["in-gnir", "in-ring"]),
        ("location.partof:below", "hospital", ["in-bed", "in-ward"]),
    ):
        assert await found(connection, "Encounter", (name, value)) == expected, (name, value)


async def test_urls_above_and_below(connection: asyncpg.Connection) -> None:
    urls = {
        "set": "http://acme.org/fhir/ValueSet/1",
        "history": "http://acme.org/fhir/ValueSet/1/_history/5",
        "ten": "http://acme.org/fhir/ValueSet/10",
        "urn": "urn:oid:1.2.3",
    }
    await store(
        connection, [{"resourceType": "ValueSet", "id": id_, "url": url} for id_, url in urls.items()]
    )
    for name, value, expected in (
        ("url", "http://acme.org/fhir/ValueSet/1", ["set"]),
        ("url:below", "http://acme.org/fhir/ValueSet/1", ["history", "set"]),
        ("url:below", "http://acme.org/fhir/", ["history", "set", "ten"]),
        ("url:below", "http://acme.org/fh", []),
        ("url:above", "http://acme.org/fhir/ValueSet/1/_history/5", ["history", "set"]),
        ("url:above", "http://acme.org/fhir/ValueSet/10/x", ["ten"]),
    ):
        assert await found(connection, "ValueSet", (name, value)) == expected, (name, value)
    with pytest.raises(SearchError):
        await found(connection, "ValueSet", ("url:below", "urn:oid:1"))


async def test_what_is_written_beside_a_code(connection: asyncpg.Connection) -> None:
    pressure = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"text": "Blood pressure", "coding": [{"system": LOINC, "code": "1-1", "display": "血压"}]},
    }
    await store(connection, [pressure])
    for value, expected in (
        ("blood", ["o"]),
        ("血", ["o"]),
        ("pressure", []),
        ("1-1", []),
        ("x,BLOOD P", ["o"]),
    ):
        assert await found(connection, "Observation", ("code:text", value)) == expected


async def test_an_identifier_of_a_type(connection: asyncpg.Connection) -> None:
    typed = {"type": {"coding": [{"system": V2_0203, "code": "MR"}]}, "system": "urn:oid:1.2", "value": "110"}
    patients = [{"resourceType": "Patient", "id": id_} for id_ in "ab"]
    await store(
        connection, [patients[0] | {"identifier": [typed]}, patients[1] | {"identifier": [{"value": "110"}]}]
    )
    asked = "identifier:of-type"
    assert await found(connection, "Patient", (asked, f"{V2_0203}|MR|110")) == ["a"]
    assert await found(connection, "Patient", (asked, f"{V2_0203}|PI|110")) == []
    for value in ("MR|110", "|MR|110", f"{V2_0203}|MR|"):
        with pytest.raises(SearchError):
            parse(searching(), "Patient", [(asked, value)])


@pytest.mark.parametrize(
    ("value", "code"),
    [("1-1", "invalid"), ("1-1$5$6", "invalid"), ("$5", "invalid"), ("1-1$x", "invalid"), ("|$5", "invalid")],
)
def test_a_composite_needs_all_its_parts(value: str, code: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse(searching(), "Observation", [("component-code-value-quantity", value)])
    assert (caught.value.issue.code, caught.value.status) == (code, 400)


def test_every_type_of_parameter_has_the_modifiers_of_r4() -> None:
    """:[type] besides, on references."""
    of = searching().registry.of
    expected = {
        ("Patient", "birthdate"): "missing",
        ("RiskAssessment", "probability"): "missing",
        ("Observation", "value-quantity"): "missing",
        ("Observation", "code-value-quantity"): "missing",
        ("Location", "near"): "missing",
        ("Organization", "name"): "contains exact missing",
        ("ValueSet", "url"): "above below missing",
        ("Observation", "subject"): "above below identifier missing text",
        ("Observation", "code"): "above below in missing not not-in of-type text",
    }
    for (resource_type, code), listed in expected.items():
        assert sorted(filter(None, modifiers(of(resource_type).parameters[code]))) == listed.split(), code
