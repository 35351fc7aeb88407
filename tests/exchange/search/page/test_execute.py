"""The SQL search against a naive one over the same resources."""

import asyncio
import base64
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import asyncpg
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from exchange.fhirjson import dumps, loads, split
from exchange.search.criteria import Search, search_of
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.search.page import cursor, execute
from exchange.search.page.execute import Page, search
from exchange.search.query.parse import parse
from exchange.search.query.query import SearchError
from exchange.search.statement import access, statement, stream
from exchange.search.value.token import token
from exchange.store.batch import Write
from exchange.store.transact import transact
from mpi.keys import patient_key
from mpi.store import Record, resolve
from profiles.definitions import definitions
from terminology.naming import identify
from tests.exchange.search import oracle
from tests.exchange.search.asked import SEARCHES, queries
from tests.exchange.search.worlds import BASE, LOINC, worlds

hostile_values = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="\\|,%_'\"{}[]()*王\u0301\ufffe\U0010ffff", max_size=10),
    st.from_regex(
        r"(gt|lt|ge|le|ne|sa|eb|ap)?[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?)?)?"
    ),
    st.from_regex(r"(gt|lt|ge|le|ne|sa|eb|ap)?-?[0-9]{1,40}(\.[0-9]{1,40})?(e[0-9]{1,2})?(\|\|mg)?"),
)
START = datetime(2024, 1, 1, 12, tzinfo=UTC)

Resource = dict[str, Any]


@cache
def extraction() -> Extraction:
    return compile_extraction(definitions(), BASE)


def searching() -> Search:
    return search_of(extraction(), lambda: START)


async def store(connection: asyncpg.Connection, resources: Iterable[Resource]) -> oracle.World:
    """Store them in two halves, a minute apart; gives back what is served, by `Type/id`."""
    listed = list(resources)
    middle = len(listed) // 2
    served: dict[str, Resource] = {}
    for part, instant in ((listed[:middle], START), (listed[middle:], START + timedelta(minutes=1))):
        writes = [Write("update", r["resourceType"], r["id"], *split(r), extraction().row(r)) for r in part]
        async with connection.transaction():
            for written in await transact(connection, writes, instant):
                assert written.body is not None
                resource = loads(written.body)
                served[f"{resource['resourceType']}/{resource['id']}"] = resource
    return served


async def ask(connection: asyncpg.Connection, name: str, *parameters: tuple[str, str], **more: Any) -> Page:
    return await search(connection, parse(searching(), name, parameters, **more), extraction())


def ids(page: Page) -> list[str]:
    return [loads(body)["id"] for body in page.bodies]


async def all_pages(
    connection: asyncpg.Connection, name: str, parameters: list[tuple[str, str]], count: int
) -> list[str]:
    found: list[str] = []
    at: list[tuple[str, str]] = []
    while True:
        page = await ask(connection, name, *parameters, ("_count", str(count)), *at)
        assert len(page.bodies) <= count
        found += ids(page)
        if page.next is None:
            return found
        at = [("_cursor", page.next)]


async def check(
    connection: asyncpg.Connection,
    world: oracle.World,
    name: str,
    criteria: list[tuple[str, str]],
    sort: str | None,
    count: int,
) -> None:
    parameters = criteria + ([("_sort", sort)] if sort else [])
    expected = oracle.search(world, name, parameters)
    found = await all_pages(connection, name, parameters, count)
    assert sorted(found) == sorted(expected)
    if sort:
        assert places(world, name, found, sort) == places(world, name, expected, sort)
    counted = await ask(connection, name, *criteria, ("_summary", "count"))
    assert counted.total == len(expected)


def places(world: oracle.World, name: str, found: list[str], sort: str) -> list[list[Any]]:
    """The sort values of the results: results with equal ones may be in any order."""
    keys = [(key.removeprefix("-"), key.startswith("-")) for key in sort.split(",")]
    return [[oracle.sort_value(world[f"{name}/{id_}"], *key) for key in keys] for id_ in found]


async def scenario(url: str, resources: list[Resource], asked: list[Any], count: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        world = await store(connection, resources)
        for name, criteria, sort in asked:
            note(f"{name}?{criteria} {sort}")
            await check(connection, world, name, criteria, sort, count)
        await transaction.rollback()
    finally:
        await connection.close()


@pytest.mark.timeout(4 * 3600)  # how many examples the profile of hypothesis says
@given(worlds(), st.lists(queries(), min_size=5, max_size=25), st.integers(1, 7))
def test_the_sql_search_equals_the_naive_search(
    database_url: str, resources: list[Resource], asked: list[Any], count: int
) -> None:
    asyncio.run(scenario(database_url, resources, asked, count))


@pytest.mark.timeout(4 * 3600)
@given(worlds(), st.lists(queries(), min_size=5, max_size=25), st.integers(1, 7))
def test_it_does_so_on_the_long_ways_too(
    database_url: str, resources: list[Resource], asked: list[Any], count: int
) -> None:
    """A small world never needs the ways meant for millions, unless it takes little to be many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "compiled", statement.compile)
        patch.setattr(access, "PROBE", 1)
        patch.setattr(stream, "STRETCH", 3)
        patch.setattr(stream, "STRETCH_LOOKED_UP", 2)
        asyncio.run(scenario(database_url, resources, asked, count))


def observation(id_: str, **content: Any) -> Resource:
    return {"resourceType": "Observation", "id": id_, "status": "final"} | content


def dated(id_: str, day: int, code: str = "1-1", patient: str = "p") -> Resource:
    return observation(
        id_,
        code={"coding": [{"system": LOINC, "code": code}]},
        subject={"reference": f"Patient/{patient}"},
        effectiveDateTime=f"2024-01-{day:02d}",
    )


@pytest.mark.parametrize(
    "parameters",
    [
        [("_sort", "-date")],
        [("patient", "Patient/p"), ("_sort", "-date")],
        [("patient", "Patient/p"), ("code", f"{LOINC}|1-1")],
        [("code", f"{LOINC}|1-1"), ("_sort", "date")],
        [("status", "final")],
        [("status", "final"), ("_sort", "-date,_id")],
        [("status", "final"), ("_sort", "_id")],
    ],
)
async def test_pages_neither_repeat_nor_skip_while_others_write(
    connection: asyncpg.Connection, parameters: list[tuple[str, str]]
) -> None:
    await store(connection, [dated(f"o{n:02d}", n % 7 + 1) for n in range(1, 20)])
    found: list[str] = []
    at: list[tuple[str, str]] = []
    for round_ in range(100):
        page = await ask(connection, "Observation", *parameters, ("_count", "3"), *at)
        found += ids(page)
        if page.next is None:
            break
        at = [("_cursor", page.next)]
        more = [
            dated(f"n{round_}", 1),
            dated(f"m{round_}", 7),
            dated(f"o{round_ + 1:02d}", (round_ + 1) % 7 + 1),
        ]
        if round_ < 9:
            await store(connection, more)
    old = [id_ for id_ in found if id_.startswith("o")]
    assert sorted(old) == [f"o{n:02d}" for n in range(1, 20)]
    assert len(found) == len(set(found))


async def test_a_deleted_resource_is_gone(connection: asyncpg.Connection) -> None:
    await store(connection, [dated("a", 1), dated("b", 2)])
    async with connection.transaction():
        await transact(connection, [Write("delete", "Observation", "a")], START)
    for parameters in ([], [("_id", "a,b")], [("_sort", "_id")], [("patient", "p")]):
        assert ids(await ask(connection, "Observation", *parameters)) == ["b"]


async def test_a_hash_that_meets_another_is_caught(connection: asyncpg.Connection) -> None:
    await store(connection, [observation("a", category=[{"coding": [{"code": "x"}]}])])
    forged = token("Observation.category", "y")
    await connection.execute("UPDATE resource_index SET tokens = tokens || $1::bigint", forged)
    assert ids(await ask(connection, "Observation", ("category", "y"))) == []
    assert ids(await ask(connection, "Observation", ("category", "x"))) == ["a"]


async def test_odd_characters_in_a_code_are_found(connection: asyncpg.Connection) -> None:
    codes = ['a"b', "a\\b", "药", "a/b", "é\u2028"]
    await store(
        connection, [observation(str(n), category=[{"coding": [{"code": c}]}]) for n, c in enumerate(codes)]
    )
    for n, code in enumerate(codes):
        escaped = code.replace("\\", "\\\\")
        assert ids(await ask(connection, "Observation", ("category", escaped))) == [str(n)]


async def test_the_bodies_are_the_stored_bytes(connection: asyncpg.Connection) -> None:
    world = await store(connection, [dated("a", 1)])
    page = await ask(connection, "Observation")
    assert page.bodies == [dumps(world["Observation/a"])]
    assert (page.included, page.next, page.total) == ([], None, 1)


async def test_count_zero_gives_the_total_alone(connection: asyncpg.Connection) -> None:
    await store(connection, [dated(str(n), 1) for n in range(1, 6)])
    for control in (("_count", "0"), ("_summary", "count")):
        page = await ask(connection, "Observation", control)
        assert (page.bodies, page.next, page.total) == ([], None, 5)
    page = await ask(connection, "Observation", ("_count", "2"), ("_total", "accurate"))
    assert (len(page.bodies), page.total) == (2, 5)
    assert (await ask(connection, "Observation", ("_count", "2"))).total is None


async def test_a_forged_cursor_is_the_clients_error(connection: asyncpg.Connection) -> None:
    await store(connection, [dated(str(n), n) for n in range(1, 6)])
    sort, count = ("_sort", "-date"), ("_count", "2")
    good = (await ask(connection, "Observation", sort, count)).next
    assert good is not None
    other_order = (await ask(connection, "Observation", ("_sort", "_id"), count)).next
    for bad in ("x", "é", "bnVsbA", "W10", good[:-3], good + "AAAA", other_order, "A" * 5000, "W1tbW1tbW1tb"):
        with pytest.raises(SearchError) as caught:
            await ask(connection, "Observation", sort, ("_cursor", bad))
        assert (caught.value.issue.expression, caught.value.status) == ("_cursor", 400)


@given(st.lists(st.none() | st.integers() | st.floats() | st.text(max_size=3), max_size=4))
def test_any_cursor_content_is_refused_or_good(content: list[Any]) -> None:
    query = parse(searching(), "Observation", [("date", "ge2024"), ("_sort", "-date")])
    text = json.dumps(content).encode()
    forged = base64.urlsafe_b64encode(cursor._signature(query, text) + text).decode().rstrip("=")
    try:
        found = cursor.read(replace(query, cursor=forged))
    except SearchError:
        return
    assert found is not None
    assert all(value is None or abs(value) <= 2**63 for value in (*found.values, found.rid, found.newest))


@given(st.data())
def test_a_cursor_with_one_character_changed_is_refused(data: st.DataObject) -> None:
    query = parse(searching(), "Observation", [("date", "ge2024"), ("_sort", "-date")])
    good = cursor.written(query, cursor.Cursor((1,), 1, 2, 3, 4))
    assert cursor.read(replace(query, cursor=good)) == cursor.Cursor((1,), 1, 2, 3, 4)
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.characters().filter(lambda c: c != good[at]))
    with pytest.raises(SearchError):
        cursor.read(replace(query, cursor=good[:at] + other + good[at + 1 :]))


def test_a_cursor_is_of_one_search() -> None:
    def asked(*parameters: tuple[str, str]) -> Any:
        return parse(searching(), "Observation", [("_sort", "-date"), *parameters])

    good = cursor.written(asked(("code", "1-1")), cursor.Cursor((1,), 1))
    for other in ([("code", "2-2")], [], [("code", "1-1"), ("status", "final")]):
        with pytest.raises(SearchError):
            cursor.read(replace(asked(*other), cursor=good))
    for view in (("_count", "3"), ("_elements", "code"), ("_pretty", "true")):
        assert cursor.read(replace(asked(("code", "1-1"), view), cursor=good)) is not None


async def test_a_cursor_may_stand_where_no_date_is(connection: asyncpg.Connection) -> None:
    await store(connection, [observation(str(n)) for n in range(5)])
    query = parse(searching(), "Observation", [("date", "ge2024"), ("_sort", "-date")])
    forged = cursor.written(query, cursor.Cursor((None,), 3))
    page = await ask(connection, "Observation", ("date", "ge2024"), ("_sort", "-date"), ("_cursor", forged))
    assert ids(page) == []
    assert sorted(await all_pages(connection, "Observation", [("_sort", "-date")], 2)) == list("01234")


async def test_includes_and_reverse_includes(connection: asyncpg.Connection) -> None:
    await store(
        connection,
        [
            {"resourceType": "Patient", "id": "p", "managingOrganization": {"reference": "Organization/o"}},
            {"resourceType": "Patient", "id": "q"},
            {"resourceType": "Organization", "id": "o"},
            {"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/p"}},
            dated("a", 1) | {"encounter": {"reference": "Encounter/e"}},
            dated("b", 2),
            dated("c", 3, patient="q"),
        ],
    )

    async def included(name: str, *parameters: tuple[str, str], **more: Any) -> list[str]:
        page = await ask(connection, name, *parameters, **more)
        return sorted(f"{(r := loads(body))['resourceType']}/{r['id']}" for body in page.included)

    assert await included(
        "Observation",
        ("_id", "a,c"),
        ("_include", "Observation:subject"),
        ("_include", "Observation:encounter"),
    ) == ["Encounter/e", "Patient/p", "Patient/q"]
    assert await included("Observation", ("_include", "Observation:subject:Group")) == []
    assert await included("Patient", ("_id", "p"), ("_include", "Patient:organization")) == ["Organization/o"]
    assert await included("Patient", ("_id", "p"), ("_revinclude", "Observation:patient")) == [
        "Observation/a",
        "Observation/b",
    ]
    assert await included("Encounter", ("_revinclude", "Observation:encounter")) == ["Observation/a"]
    assert await included(
        "Observation", ("_count", "1"), ("_sort", "date"), ("_include", "Observation:subject")
    ) == ["Patient/p"]
    restricted = (patient_key("q"),)
    assert await included("Organization", ("_revinclude", "Patient:organization"), allowed=restricted) == []
    assert await included("Patient", ("_include", "Patient:organization"), allowed=(patient_key("p"),)) == [
        "Organization/o"
    ]


async def test_a_caller_sees_the_allowed_patients_only(connection: asyncpg.Connection) -> None:
    shared = observation("s", performer=[{"reference": "Patient/q"}], subject={"reference": "Patient/p"})
    await store(connection, [dated("a", 1), dated("b", 2, patient="q"), shared, observation("nobodys")])
    q = (patient_key("q"),)
    for parameters in ([], [("status", "final")], [("_sort", "-date")], [("_id", "a,b,s,nobodys")]):
        page = await ask(connection, "Observation", *parameters, ("_total", "accurate"), allowed=q)
        assert (sorted(ids(page)), page.total) == (["b", "s"], 2)
    for parameters in ([("patient", "p")], [("code", f"{LOINC}|1-1"), ("date", "2024-01-01")]):
        page = await ask(connection, "Observation", *parameters, ("_summary", "count"), allowed=q)
        assert page.total == (1 if parameters[0][0] == "patient" else 0)
    assert ids(await ask(connection, "Observation", allowed=())) == []


CITIZEN_ID = {"system": "urn:oid:2.16.156.10011.1.3", "value": "11010519491231002X"}


async def one_person(connection: asyncpg.Connection) -> str:
    """Two hospitals' records of one citizen; gives back the enterprise id."""
    hospitals = []
    for id_ in ("h1", "h2"):
        patient = {
            "resourceType": "Patient",
            "id": id_,
            "identifier": [CITIZEN_ID],
            "name": [{"text": "王明"}],
        }
        record = Record(f"hospital-{id_}", "1", id_, patient)
        async with connection.transaction():
            hospitals.append(await resolve(connection, record, START, identify))
        await store(connection, [patient])
    assert hospitals[0].enterprise_id == hospitals[1].enterprise_id
    return hospitals[0].enterprise_id


async def test_the_enterprise_patient_stands_for_all_its_records(connection: asyncpg.Connection) -> None:
    enterprise = await one_person(connection)
    await store(
        connection,
        [
            {"resourceType": "Patient", "id": enterprise, "identifier": [CITIZEN_ID]},
            dated("a", 1, patient="h1"),
            dated("b", 2, patient="h2"),
            dated("c", 3, patient="stranger"),
            observation("d", performer=[{"reference": "Patient/h2"}]),
            {"resourceType": "AuditEvent", "id": "e", "entity": [{"what": {"reference": "Patient/h1"}}]},
            {
                "resourceType": "AuditEvent",
                "id": "f",
                "agent": [{"who": {"reference": f"Patient/{i}"}} for i in "xy"]
                + [{"who": {"reference": "Patient/h2"}}],
            },
        ],
    )
    whole = f"Patient/{enterprise}"
    for asked, expected in [
        ([("patient", whole)], ["a", "b"]),
        ([("patient", whole), ("code", f"{LOINC}|1-1"), ("_sort", "-date")], ["b", "a"]),
        ([("subject", whole), ("date", "ge2024-01-02")], ["b"]),
        ([("patient", "Patient/h1")], ["a"]),
        ([("performer", whole)], ["d"]),
        ([("patient.identifier", "11010519491231002X")], ["a", "b"]),
        ([("patient:not-a-modifier", whole)], None),
    ]:
        if expected is None:
            with pytest.raises(SearchError):
                await ask(connection, "Observation", *asked)
            continue
        found = ids(await ask(connection, "Observation", *asked))
        assert (found if "_sort" in dict(asked) else sorted(found)) == expected
        counted = await ask(connection, "Observation", *asked, ("_summary", "count"))
        assert counted.total == len(expected)
    assert sorted(ids(await ask(connection, "AuditEvent", ("patient", whole)))) == ["e", "f"]
    page = await ask(connection, "Patient", ("_id", enterprise), ("_revinclude", "Observation:patient"))
    assert sorted(loads(body)["id"] for body in page.included) == ["a", "b"]


async def hostile(url: str, asked: list[tuple[str, tuple[str, str]]]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for resource_type, parameter in asked:
            note(f"{resource_type}?{parameter}")
            with suppress(SearchError):
                await ask(connection, resource_type, parameter)
    finally:
        await connection.close()


@st.composite
def hostile_searches(draw: st.DrawFn) -> tuple[str, tuple[str, str]]:
    resource_type = draw(st.sampled_from(sorted(SEARCHES)))
    name, _ = draw(SEARCHES[resource_type])
    return resource_type, (name, draw(hostile_values))


@settings(max_examples=30)
@given(st.lists(hostile_searches(), min_size=10, max_size=30))
def test_no_value_is_an_error_of_ours(database_url: str, asked: list[tuple[str, tuple[str, str]]]) -> None:
    asyncio.run(hostile(database_url, asked))
