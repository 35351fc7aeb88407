"""What other servers are known to get wrong about search, each as a test that ours does not."""

import json
import re
from typing import Any

import asyncpg
import pytest

from exchange.search.codes.code_sets import resolved
from exchange.search.query.parse import parse
from exchange.search.query.query import SearchError
from exchange.search.statement import access, statement, stream
from exchange.store.types import RESOURCE_TYPES
from mpi.keys import patient_key
from tests.exchange.search.searched import ask, found, names, searching, store

LOINC = "http://loinc.org"
Resource = dict[str, Any]


def concept(code: str) -> Resource:
    return {"coding": [{"system": LOINC, "code": code}]}


def observation(id_: str, **content: Any) -> Resource:
    return {"resourceType": "Observation", "id": id_, "status": "final"} | content


def of(patient: str) -> Resource:
    return {"reference": f"Patient/{patient}"}


@pytest.mark.parametrize("resource_type", sorted(RESOURCE_TYPES))
def test_an_unknown_parameter_is_refused_never_ignored(resource_type: str) -> None:
    """Microsoft, Blaze: the unfiltered list comes back, which is a leak."""
    for name in ("nmae", "_nmae", "code:nmae", "nmae.name", "_has:Observation:nmae:code"):
        with pytest.raises(SearchError) as caught:
            parse(searching(), resource_type, [(name, "x")])
        assert caught.value.status == 400
        assert caught.value.issue.expression == name


@pytest.mark.parametrize("name", ["code", "patient", "_id", "identifier", "patient.identifier"])
async def test_a_long_or_list_is_one_look_up(connection: asyncpg.Connection, name: str) -> None:
    """HAPI #7624, #8247, Medplum #7623: OR lists and chains to any type time out."""
    here = observation("o500", code=concept("o500"), subject=of("o500"), identifier=[{"value": "o500"}])
    patient = {"resourceType": "Patient", "id": "o500", "identifier": [{"value": "o500"}]}
    await store(connection, [here, patient, observation("other")])
    prefix = f"{LOINC}|" if name == "code" else ""
    listed = [f"{prefix}o{number}" for number in range(1, 1000)]
    assert await found(connection, "Observation", (name, ",".join(listed))) == ["o500"]
    few, many = (
        statement.compile(parse(searching(), "Observation", [(name, ",".join(values))]), None).sql
        for values in (listed[:2], listed)
    )
    assert len(many) == len(few)


def test_what_would_take_too_long_is_refused_as_too_costly() -> None:
    patient = "link." * 12 + "name"
    everything = "entity." * 3 + "_has:Provenance:target:" * 3 + "target._id"
    for name, parameter in (("Patient", patient), ("AuditEvent", everything)):
        with pytest.raises(SearchError) as caught:
            parse(searching(), name, [(parameter, "x")])
        assert caught.value.issue.code == "too-costly"


PRESSURE = observation(
    "bp",
    code=concept("85354-9"),
    component=[
        {"code": concept("8480-6"), "valueQuantity": {"value": 150, "unit": "mmHg"}},
        {"code": concept("8462-4"), "valueQuantity": {"value": 80, "unit": "mmHg"}},
    ],
)


async def test_the_codes_of_components_are_not_the_code(connection: asyncpg.Connection) -> None:
    single = observation("single", code=concept("8480-6"), valueQuantity={"value": 150, "unit": "mmHg"})
    await store(connection, [PRESSURE, single])
    systolic = f"{LOINC}|8480-6"
    for name, value, expected in (
        ("code", systolic, ["single"]),
        ("component-code", systolic, ["bp"]),
        ("combo-code", systolic, ["bp", "single"]),
        ("code-value-quantity", f"{systolic}$gt140", ["single"]),
        ("component-code-value-quantity", f"{systolic}$gt140", ["bp"]),
        ("combo-code-value-quantity", f"{systolic}$gt140", ["bp", "single"]),
        ("combo-code-value-quantity", f"{systolic}$lt100", []),
        ("component-code-value-quantity", "8462-4$gt140", []),
    ):
        assert await found(connection, "Observation", (name, value)) == expected, (name, value)


async def test_a_date_covers_what_it_names_in_its_time_zone(connection: asyncpg.Connection) -> None:
    moments = {
        "evening": "2024-01-01T20:00:00-08:00",  # 2024-01-02 04:00 UTC
        "second": "2024-01-02T03:59:59Z",
        "day": "2024-01-02",
        "month": "2024-01",
        "year": "2024",
    }
    await store(connection, [observation(id_, effectiveDateTime=date) for id_, date in moments.items()])
    for value, expected in (
        ("2024-01-02", "day evening second"),
        ("2024-01-02T12:00:00+08:00", "evening"),
        ("2024-01-02T04:00Z", "evening"),
        ("2024-01", "day evening month second"),
        ("2024", "day evening month second year"),
        ("ne2024-01", "year"),
        ("lt2024-01-02", "month year"),
        ("ge2024-01-02", "day evening month second year"),
        ("gt2024-01-02", "month year"),
        ("sa2024-01-02T03:59:59Z", "evening"),
        ("eb2024-01-02T04:00:00Z", "second"),
        ("eb2025", "day evening month second year"),
    ):
        assert await found(connection, "Observation", ("date", value)) == expected.split(), value


async def test_a_period_without_an_end_is_still_going_on(connection: asyncpg.Connection) -> None:
    await store(
        connection,
        [
            observation("open", effectivePeriod={"start": "2020-01-01"}),
            observation("ended", effectivePeriod={"end": "2020-01-01"}),
        ],
    )
    for value, expected in (
        ("gt2030", ["open"]),
        ("lt1990", ["ended"]),
        ("eq2020", []),
        ("ap2020-06-01", ["open"]),
        ("sa2019", ["open"]),
        ("eb2021", ["ended"]),
    ):
        assert await found(connection, "Observation", ("date", value)) == expected, value


async def test_chains_inside_has_and_has_inside_chains(connection: asyncpg.Connection) -> None:
    await store(
        connection,
        [
            {"resourceType": "Organization", "id": "org", "name": "仁济"},
            {"resourceType": "Practitioner", "id": "doc", "name": [{"family": "李"}]},
            {"resourceType": "Patient", "id": "p", "managingOrganization": {"reference": "Organization/org"}},
            {"resourceType": "Patient", "id": "q"},
            {
                "resourceType": "Encounter",
                "id": "e",
                "status": "finished",
                "subject": of("p"),
                "serviceProvider": {"reference": "Organization/org"},
            },
            observation(
                "o",
                code=concept("1-1"),
                subject=of("p"),
                encounter={"reference": "Encounter/e"},
                performer=[{"reference": "Practitioner/doc"}],
            ),
            observation("r", code=concept("1-1"), subject=of("q")),
        ],
    )
    for name, criterion, expected in (
        ("Patient", ("_has:Observation:patient:performer:Practitioner.name", "李"), ["p"]),
        ("Patient", ("_has:Observation:patient:encounter.service-provider.name", "仁"), ["p"]),
        ("Practitioner", ("_has:Observation:performer:patient.organization.name", "仁济"), ["doc"]),
        ("Observation", ("patient._has:Encounter:patient:status", "finished"), ["o"]),
        ("Organization", ("_has:Patient:organization:_has:Observation:patient:code", "1-1"), ["org"]),
        ("Encounter", ("patient._has:Observation:patient:performer.name", "李"), ["e"]),
    ):
        assert await found(connection, name, criterion) == expected, criterion


async def two_patients(connection: asyncpg.Connection) -> None:
    organization = {"managingOrganization": {"reference": "Organization/org"}}
    await store(
        connection,
        [
            {"resourceType": "Organization", "id": "org", "name": "仁济"},
            {"resourceType": "Patient", "id": "mine", "name": [{"family": "王"}]} | organization,
            {"resourceType": "Patient", "id": "other", "name": [{"family": "李"}]} | organization,
            {
                "resourceType": "Encounter",
                "id": "theirs",
                "status": "finished",
                "subject": of("other"),
                "serviceProvider": {"reference": "Organization/org"},
            },
            observation("o", subject=of("mine"), encounter={"reference": "Encounter/theirs"}),
            observation("secret", subject=of("other"), code=concept("HIV")),
        ],
    )


async def test_inclusion_shows_no_other_patient(connection: asyncpg.Connection) -> None:
    """Microsoft ADR-2607: a caller bound to a patient reads others through _include and _revinclude."""
    await two_patients(connection)
    mine = (patient_key("mine"),)
    for name, asked, expected in (
        ("Observation", ("_include", "Observation:encounter"), []),
        ("Observation", ("_include", "Observation:subject"), ["Patient/mine"]),
        ("Organization", ("_revinclude", "Patient:organization"), ["Patient/mine"]),
        ("Patient", ("_revinclude", "Observation:subject"), ["Observation/o"]),
    ):
        page = await ask(connection, name, asked, allowed=mine)
        assert sorted(names(page.included)) == expected


async def test_chains_tell_nothing_of_another_patient(connection: asyncpg.Connection) -> None:
    """What a chain or `_has` goes through must be visible too, or it answers questions about others."""
    await two_patients(connection)
    mine = (patient_key("mine"),)
    for name, criterion, anybody, restricted in (
        ("Organization", ("_has:Patient:organization:name", "李"), ["org"], []),
        ("Organization", ("_has:Patient:organization:name", "王"), ["org"], ["org"]),
        ("Organization", ("_has:Patient:organization:_has:Observation:patient:code", "HIV"), ["org"], []),
        ("Organization", ("_has:Encounter:service-provider:status", "finished"), ["org"], []),
        ("Observation", ("encounter.status", "finished"), ["o"], []),
        ("Observation", ("patient.organization.name", "仁济"), ["o", "secret"], ["o"]),
        ("Organization", ("_has:Patient:organization:_id:not", "mine"), ["org"], []),
    ):
        assert await found(connection, name, criterion) == anybody, criterion
        assert await found(connection, name, criterion, allowed=mine) == restricted, criterion


def scanned(node: Resource) -> int:
    """The most rows that one part of the plan has read, those that it left out included."""
    removed = sum(value for key, value in node.items() if key.startswith("Rows Removed by"))
    own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    if node["Node Type"] in ("Aggregate", "Result", "CTE Scan", "Function Scan"):
        own = 0
    return max([round(own), *map(scanned, node.get("Plans", ()))])


COMMON, RARE = ("status", "final"), ("category", "rare")


@pytest.mark.parametrize(
    ("criteria", "most"),
    [
        ([COMMON, ("_sort", "-date")], 100),
        ([COMMON, ("_sort", "_lastUpdated")], 100),
        ([RARE, ("_sort", "-date")], 100),
        ([COMMON, RARE, ("_sort", "date")], 100),
        ([("code", f"{LOINC}|c1"), ("_sort", "-date")], 100),
        ([("code", f"{LOINC}|c1"), RARE], 100),
        ([("code", f"{LOINC}|c1"), ("date", "ge2024-01-01")], 100),
        ([("patient", "Patient/p1"), ("_sort", "-date")], 100),
        ([("patient", "Patient/p1"), ("code", f"{LOINC}|c1"), ("_sort", "-date")], 100),
        ([("date", "2024-01-10")], 150),
        ([("code-value-quantity", f"{LOINC}|c1$gt995")], 100),
        ([("_has:Provenance:target:agent", "Practitioner/d")], 100),
        ([("patient.identifier", "p1"), ("_sort", "-date")], 100),
    ],
)
async def test_no_plan_reads_more_than_the_page_needs(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, criteria: list[Any], most: int
) -> None:
    """Medplum #5693: with ORDER BY and LIMIT the planner walks millions; or gathers them to sort."""
    for module, name in ((access, "PROBE"), (stream, "STRETCH"), (stream, "STRETCH_LOOKED_UP")):
        monkeypatch.setattr(module, name, 40)
    await store(connection, many())
    # A table of this size is quicker read whole; one of millions is not.
    await connection.execute("ANALYZE; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
    query = await resolved(connection, parse(searching(), "Observation", [*criteria, ("_count", "10")]))
    compiled = statement.compile(query, None)
    plan = await explained(connection, compiled)
    assert scanned(plan) <= most, re.sub(r"\s+", " ", json.dumps(plan))


async def explained(connection: asyncpg.Connection, compiled: statement.Statement) -> Resource:
    """The plan that was made without knowing the arguments, and what it read with them."""
    await connection.execute(f"PREPARE searched AS {compiled.sql}")
    arguments = f"({', '.join(map(literal, compiled.arguments))})" if compiled.arguments else ""
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) EXECUTE searched{arguments}"
    plan: Resource = json.loads(await connection.fetchval(explain))[0]["Plan"]
    return plan


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "'{" + ",".join(map(str, value)) + "}'"
    return "'" + str(value).replace("'", "''") + "'"


def many() -> list[Resource]:
    """1,200 Observations, of which five are rare."""
    found = [
        observation(
            f"o{n}",
            code=concept(f"c{n % 5}"),
            subject=of(f"p{n % 40}"),
            effectiveDateTime=f"2024-01-{n % 28 + 1:02d}",
            valueQuantity={"value": n},
            category=[concept("rare" if n % 240 == 7 else "common")],
        )
        for n in range(1200)
    ]
    patients = [
        {"resourceType": "Patient", "id": f"p{n}", "identifier": [{"value": f"p{n}"}]} for n in range(40)
    ]
    told = {
        "resourceType": "Provenance",
        "id": "told",
        "target": [{"reference": "Observation/o1"}],
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"who": {"reference": "Practitioner/d"}}],
    }
    return [*found, *patients, told]
