"""`:in`, `:not-in`, `:above` and `:below` on tokens, over definitions of ours and stored ones."""

from typing import Any

import asyncpg
import pytest

from exchange.search.query.query import SearchError
from tests.exchange.search.page.test_execute import ask, ids, observation, store
from tests.exchange.search.worlds import LOCAL

SYSTEM, SETS = "http://hospital.example/tree", "http://hospital.example/sets"
TREE = {
    "resourceType": "CodeSystem",
    "id": "tree",
    "url": SYSTEM,
    "status": "active",
    "content": "complete",
    "concept": [
        {
            "code": "a",
            "display": "top",
            "concept": [
                {"code": "b", "property": [{"code": "colour", "valueCode": "red"}]},
                {
                    "code": "c",
                    "concept": [{"code": "d"}],
                    "property": [{"code": "colour", "valueCode": "blue"}],
                },
            ],
        },
        {"code": "e", "property": [{"code": "parent", "valueCode": "b"}]},
        {"code": "x1"},
    ],
}


def value_set(
    id_: str, *include: dict[str, Any], exclude: list[Any] | None = None, **more: Any
) -> dict[str, Any]:
    compose: dict[str, Any] = {"include": list(include)} | ({"exclude": exclude} if exclude else {})
    found = {"resourceType": "ValueSet", "id": id_, "url": f"{SETS}/{id_}", "status": "active"} | more
    return found | ({"compose": compose} if include else {})


def filtered(property_: str, op: str, value: str) -> dict[str, Any]:
    return {"system": SYSTEM, "filter": [{"property": property_, "op": op, "value": value}]}


VALUE_SETS = [
    value_set("listed", {"system": SYSTEM, "concept": [{"code": "a"}, {"code": "e"}]}),
    value_set("whole", {"system": SYSTEM}),
    value_set("under", filtered("concept", "descendent-of", "a")),
    value_set("isa", filtered("concept", "is-a", "c")),
    value_set("red", filtered("colour", "=", "red")),
    value_set("regex", filtered("code", "regex", "x[0-9]")),
    value_set("badregex", filtered("code", "regex", "(?=a)")),
    value_set("nested", {"valueSet": [f"{SETS}/listed"]}, {"valueSet": [f"{SETS}/isa"]}),
    value_set("both", {"valueSet": [f"{SETS}/whole", f"{SETS}/listed"]}),
    value_set("without", {"system": SYSTEM}, exclude=[{"system": SYSTEM, "concept": [{"code": "a"}]}]),
    value_set("circle", {"valueSet": [f"{SETS}/circle"]}),
    value_set("unknown", {"system": "http://nowhere.example"}),
    value_set("old", {"system": SYSTEM, "concept": [{"code": "b"}]}, version="1", status="retired"),
    value_set("new", {"system": SYSTEM, "concept": [{"code": "c"}]}, version="2", url=f"{SETS}/old"),
    value_set(
        "expanded",
        expansion={
            "timestamp": "2024-01-01",
            "contains": [
                {
                    "system": SYSTEM,
                    "code": "a",
                    "abstract": True,
                    "contains": [{"system": SYSTEM, "code": "d"}],
                }
            ],
        },
    ),
]
CODES = ["a", "b", "c", "d", "e", "x1"]


@pytest.fixture
async def world(connection: asyncpg.Connection) -> asyncpg.Connection:
    coded = [
        observation(code, code={"coding": [{"system": SYSTEM, "code": code}]}, category=[{"text": "none"}])
        for code in CODES
    ]
    other = observation("other", code={"coding": [{"system": LOCAL, "code": "a"}]})
    await store(connection, [TREE, *VALUE_SETS, *coded, other, observation("none", status="registered")])
    return connection


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("code:in", f"{SETS}/listed", "a e"),
        ("code:in", "ValueSet/listed", "a e"),
        ("code:in", f"{SETS}/whole", "a b c d e x1"),
        ("code:in", f"{SETS}/under", "b c d e"),
        ("code:in", f"{SETS}/isa", "c d"),
        ("code:in", f"{SETS}/red", "b"),
        ("code:in", f"{SETS}/regex", "x1"),
        ("code:in", f"{SETS}/nested", "a e c d"),
        ("code:in", f"{SETS}/both", "a e"),
        ("code:in", f"{SETS}/without", "b c d e x1"),
        ("code:in", f"{SETS}/expanded", "d"),
        ("code:in", f"{SETS}/old", "c"),
        ("code:in", f"{SETS}/old|1", "b"),
        ("code:in", f"{SETS}/old|2", "c"),
        ("code:in", f"{SETS}/isa,{SETS}/red", "b c d"),
        ("code:not-in", f"{SETS}/under", "a x1 other none"),
        ("code:below", f"{SYSTEM}|c", "c d"),
        ("code:below", f"{SYSTEM}|b,{SYSTEM}|d", "b e d"),
        ("code:above", f"{SYSTEM}|d", "a c d"),
        ("code:above", f"{SYSTEM}|e", "a b e"),
        ("combo-code:below", f"{SYSTEM}|a", "a b c d e"),
        ("category:in", f"{SETS}/whole", ""),
        ("status:in", "http://hl7.org/fhir/ValueSet/observation-status", "a b c d e x1 other none"),
        ("status:below", "registered", "none"),
        ("status:not-in", "http://hl7.org/fhir/ValueSet/observation-status|4.0.1", ""),
    ],
)
async def test_codes_of_definitions(world: asyncpg.Connection, name: str, value: str, expected: str) -> None:
    assert sorted(ids(await ask(world, "Observation", (name, value)))) == sorted(expected.split())
    counted = await ask(world, "Observation", (name, value), ("_summary", "count"))
    assert counted.total == len(expected.split())


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("code:in", f"{SETS}/nothing", "not-supported"),
        ("code:in", "ValueSet/nothing", "not-supported"),
        ("code:in", f"{SETS}/old|3", "not-supported"),
        ("code:in", f"{SETS}/circle", "not-supported"),
        ("code:in", f"{SETS}/unknown", "not-supported"),
        ("code:in", f"{SETS}/badregex", "not-supported"),
        ("code:in", SYSTEM, "not-supported"),
        ("code:in", "http://hl7.org/fhir/ValueSet/observation-codes", "not-supported"),
        ("code:below", "http://loinc.org|1-1", "not-supported"),
        ("code:below", "a", "invalid"),
        ("code:below", f"{SYSTEM}|", "invalid"),
        ("identifier:in", f"{SETS}/listed", "not-supported"),
    ],
)
async def test_what_cannot_be_worked_out_is_refused(
    world: asyncpg.Connection, name: str, value: str, code: str
) -> None:
    with pytest.raises(SearchError) as caught:
        await ask(world, "Observation", (name, value))
    assert (caught.value.issue.code, caught.value.issue.expression, caught.value.status) == (code, name, 400)


async def test_codes_at_the_end_of_a_chain(world: asyncpg.Connection) -> None:
    await store(world, [{"resourceType": "Encounter", "id": "e", "status": "finished"}])
    await store(
        world,
        [
            observation(
                "z",
                code={"coding": [{"system": SYSTEM, "code": "d"}]},
                encounter={"reference": "Encounter/e"},
            )
        ],
    )
    below = ("_has:Observation:encounter:code:below", f"{SYSTEM}|c")
    assert ids(await ask(world, "Encounter", below)) == ["e"]
    inside = ("encounter.status:in", "http://hl7.org/fhir/ValueSet/encounter-status")
    assert ids(await ask(world, "Observation", inside)) == ["z"]


async def test_a_definition_of_ours_gives_way_to_a_stored_one(world: asyncpg.Connection) -> None:
    url = "http://hl7.org/fhir/ValueSet/observation-status"
    system = "http://hl7.org/fhir/observation-status"
    mine = value_set("mine", {"system": system, "concept": [{"code": "registered"}]}, url=url)
    await store(world, [mine])
    assert ids(await ask(world, "Observation", ("status:in", url))) == ["none"]
