"""Who may see some patients learns nothing of others: all answers are the same whether these exist or not."""

import asyncio
from typing import Any

import asyncpg
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from exchange.search.page.execute import search
from exchange.search.query.parse import parse
from exchange.search.query.query import SearchError
from mpi.keys import patient_key
from tests.exchange.search.asked import queries
from tests.exchange.search.searched import extraction, names, searching, store
from tests.exchange.search.worlds import LOINC, worlds

Resource = dict[str, Any]

ALLOWED = (patient_key("a"),)

more = st.lists(
    st.sampled_from(
        [
            ("_total", "accurate"),
            ("_total", "estimate"),
            ("_summary", "count"),
            ("_count", "2"),
            ("_include", "*"),
            ("_include:iterate", "*"),
            ("_revinclude", "*"),
            ("_revinclude:iterate", "*"),
            ("_revinclude:iterate", "Observation:*"),
            ("_list", "mine"),
            ("_list", "theirs"),
            ("_content", "strong OR lorem"),
            ("_text", "NOT lorem"),
            ("_sort", "status"),
            ("_sort", "-code"),
            ("_sort", "identifier"),
            ("_sort", "-subject"),
            ("_filter", "status pr true or identifier pr true"),
            ("_filter", "patient.gender eq male or not (patient.gender pr true)"),
            ("_filter", f"not (code eq {LOINC}|1-1)"),
            ("_has:Observation:performer:status", "final"),
            ("_has:Observation:subject:code", f"{LOINC}|1-1"),
            ("_has:AuditEvent:entity:date", "ge2000"),
        ]
    ),
    max_size=4,
    unique_by=lambda pair: pair[0],
)


def listing(id_: str, patient: str) -> Resource:
    items = [{"item": {"reference": f"{kind}/{n}"}} for kind in ("Observation", "Patient") for n in "abc"]
    subject = {"reference": f"Patient/{patient}"}
    return {"resourceType": "List", "id": id_, "status": "current", "subject": subject, "entry": items}


def is_seen(resource: Resource) -> bool:
    """In the compartment of the patient, or of nobody's kind."""
    row = extraction().row(resource)
    if resource["resourceType"] not in extraction().registry.compartment_types:
        return True
    return not set(ALLOWED).isdisjoint({row.patient, *row.compartments})


async def answers(
    connection: asyncpg.Connection, resources: list[Resource], asked: list[tuple[str, list[tuple[str, str]]]]
) -> list[Any]:
    transaction = connection.transaction()
    await transaction.start()
    await store(connection, resources)
    found: list[Any] = []
    for name, parameters in asked:
        at: list[tuple[str, str]] = []
        for _ in range(4):
            try:
                query = parse(searching(), name, [*parameters, *at], allowed=ALLOWED)
                page = await search(connection, query, extraction())
            except SearchError as error:
                found.append((error.issue.code, error.issue.diagnostics))
                break
            found.append((names(page.bodies), sorted(names(page.included)), page.total, page.next is None))
            if page.next is None:
                break
            at = [("_cursor", page.next)]
    await transaction.rollback()
    return found


async def scenario(url: str, resources: list[Resource], asked: list[Any]) -> None:
    connection = await asyncpg.connect(url)
    try:
        everything = await answers(connection, resources, asked)
        seen = await answers(connection, [each for each in resources if is_seen(each)], asked)
        for question, one, other in zip(asked, everything, seen, strict=False):
            note(f"{question} {one} {other}")
        assert everything == seen
    finally:
        await connection.close()


@settings(max_examples=25)
@given(worlds(), st.lists(st.tuples(queries(), more), min_size=5, max_size=15))
def test_the_answers_are_the_same_without_the_others(
    database_url: str, resources: list[Resource], asked: list[Any]
) -> None:
    world = [*resources, listing("mine", "a"), listing("theirs", "b")]
    questions = []
    for (name, criteria, sort), controls in asked:
        sorted_ = [] if sort is None or any(key == "_sort" for key, _ in controls) else [("_sort", sort)]
        questions.append((name, [*criteria, *controls, *sorted_]))
    asyncio.run(scenario(database_url, world, questions))


def observation(id_: str, patient: str, **more: Any) -> Resource:
    code = {"coding": [{"system": LOINC, "code": "1-1"}]}
    subject = {"reference": f"Patient/{patient}"}
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": code,
        "subject": subject,
        **more,
    }


SHARED: list[Resource] = [
    {"resourceType": "Organization", "id": "o", "name": "上海"},
    {"resourceType": "Patient", "id": "a", "managingOrganization": {"reference": "Organization/o"}},
    observation("mine", "a"),
]
THEIRS: list[Resource] = [
    {"resourceType": "Patient", "id": "b", "managingOrganization": {"reference": "Organization/o"}},
    observation("theirs", "b", performer=[{"reference": "Organization/o"}]),
    listing("theirs", "b"),
]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Organization", [("_has:Observation:performer:status", "final")]),
        ("Organization", [("_has:Patient:organization:_has:Observation:patient:code", "1-1"), ("_id", "o")]),
        ("Organization", [("_revinclude:iterate", "*"), ("_include:iterate", "*")]),
        ("Organization", [("_filter", "name pr true"), ("_total", "estimate")]),
        ("Observation", [("code", f"{LOINC}|1-1"), ("_summary", "count")]),
        ("Observation", [("_total", "accurate"), ("_count", "1")]),
        ("Observation", [("_total", "estimate"), ("_count", "1")]),
        ("Observation", [("_list", "theirs")]),
        ("Observation", [("_sort", "-subject"), ("_count", "1")]),
        ("Observation", [("_filter", "not (status eq x)")]),
        ("Observation", [("_content", "not lorem")]),
        ("Patient", [("_has:Observation:patient:code", f"{LOINC}|1-1")]),
    ],
)
async def test_what_others_have_shows_nowhere(
    connection: asyncpg.Connection, name: str, parameters: list[tuple[str, str]]
) -> None:
    whole = await answers(connection, [*SHARED, *THEIRS], [(name, parameters)])
    assert whole == await answers(connection, SHARED, [(name, parameters)])
