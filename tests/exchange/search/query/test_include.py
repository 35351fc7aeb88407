"""`_include` and `_revinclude`: what is followed, how far, and for whom."""

from typing import Any

import asyncpg
import pytest

from exchange.fhirjson import loads
from exchange.search.page import execute
from exchange.search.query.query import SearchError
from exchange.search.statement import included
from mpi.keys import patient_key
from tests.exchange.search.searched import ask, names, store

Resource = dict[str, Any]


def resource(name: str, **content: Any) -> Resource:
    resource_type, _, id_ = name.partition("/")
    return {"resourceType": resource_type, "id": id_, **content}


def to(name: str) -> Resource:
    return {"reference": name}


WORLD = [
    resource("Organization/top"),
    resource("Organization/mid", partOf=to("Organization/top")),
    resource("Organization/low", partOf=to("Organization/mid")),
    resource("Patient/p", managingOrganization=to("Organization/low")),
    resource("Patient/q", link=[{"other": to("Patient/p"), "type": "seealso"}]),
    resource("Encounter/e", subject=to("Patient/p"), serviceProvider=to("Organization/low")),
    resource("Observation/a", subject=to("Patient/p"), encounter=to("Encounter/e")),
    resource("Observation/b", subject=to("Patient/p"), hasMember=[to("Observation/a"), to("Observation/c")]),
    resource("Observation/c", subject=to("Patient/q"), hasMember=[to("Observation/b")]),
    resource("Provenance/v", target=[to("Observation/a")], agent=[{"who": to("Organization/top")}]),
]


async def included_by(
    connection: asyncpg.Connection, name: str, id_: str, *parameters: tuple[str, str], **more: Any
) -> list[str]:
    page = await ask(connection, name, ("_id", id_), *parameters, **more)
    return sorted(names(page.included))


@pytest.mark.parametrize(
    ("name", "id_", "parameters", "expected"),
    [
        ("Observation", "a", [("_include", "Observation:subject")], ["Patient/p"]),
        ("Observation", "a", [("_include", "Observation:subject:Group")], []),
        ("Observation", "a", [("_include", "Observation:*")], ["Encounter/e", "Patient/p"]),
        ("Observation", "a", [("_include", "*")], ["Encounter/e", "Patient/p"]),
        ("Observation", "a", [("_include", "Observation:*:Patient")], ["Patient/p"]),
        (
            "Observation",
            "a",
            [("_include", "Observation:subject"), ("_include", "Patient:organization")],
            None,  # without :iterate an inclusion starts at the matches
        ),
        (
            "Observation",
            "a",
            [("_include", "Observation:subject"), ("_include:iterate", "Patient:organization")],
            ["Organization/low", "Patient/p"],
        ),
        (
            "Observation",
            "a",
            [("_include:iterate", "*")],
            ["Encounter/e", "Organization/low", "Organization/mid", "Organization/top", "Patient/p"],
        ),
        ("Organization", "low", [("_include", "Organization:partof")], ["Organization/mid"]),
        (
            "Organization",
            "low",
            [("_include:iterate", "Organization:partof")],
            ["Organization/mid", "Organization/top"],
        ),
        (
            "Organization",
            "low",
            [("_include:recurse", "Organization:partof")],
            ["Organization/mid", "Organization/top"],
        ),
        (
            "Observation",
            "b",
            [("_include:iterate", "Observation:has-member")],
            ["Observation/a", "Observation/c"],
        ),
        ("Observation", "a,b", [("_include:iterate", "Observation:has-member")], ["Observation/c"]),
        ("Organization", "top", [("_revinclude", "Organization:partof")], ["Organization/mid"]),
        (
            "Organization",
            "top",
            [("_revinclude:iterate", "Organization:partof")],
            ["Organization/low", "Organization/mid"],
        ),
        ("Patient", "p", [("_revinclude", "Observation:subject")], ["Observation/a", "Observation/b"]),
        ("Patient", "p", [("_revinclude", "Observation:*")], ["Observation/a", "Observation/b"]),
        (
            "Patient",
            "p",
            [("_revinclude", "*")],
            ["Encounter/e", "Observation/a", "Observation/b", "Patient/q"],
        ),
        (
            "Patient",
            "p",
            [("_revinclude", "Observation:subject"), ("_revinclude:iterate", "Provenance:target")],
            ["Observation/a", "Observation/b", "Provenance/v"],
        ),
        (
            "Encounter",
            "e",
            [("_revinclude", "Observation:encounter"), ("_include:iterate", "Observation:patient")],
            ["Observation/a", "Patient/p"],
        ),
    ],
)
async def test_what_is_included(
    connection: asyncpg.Connection,
    name: str,
    id_: str,
    parameters: list[tuple[str, str]],
    expected: list[str] | None,
) -> None:
    await store(connection, WORLD)
    if expected is None:
        with pytest.raises(SearchError):
            await included_by(connection, name, id_, *parameters)
        return
    assert await included_by(connection, name, id_, *parameters) == expected


async def test_nothing_is_reached_through_what_may_not_be_seen(connection: asyncpg.Connection) -> None:
    await store(connection, WORLD)
    iterate = [("_include:iterate", "*"), ("_revinclude:iterate", "*")]
    everything = await included_by(connection, "Organization", "top", *iterate)
    assert {"Patient/p", "Patient/q", "Observation/c"} <= set(everything)
    seen = await included_by(connection, "Organization", "top", *iterate, allowed=(patient_key("q"),))
    assert [each for each in seen if not each.startswith("Organization/")] == []
    of_q = await included_by(connection, "Observation", "c", *iterate, allowed=(patient_key("q"),))
    assert of_q == ["Patient/q"]


async def test_a_version_is_included_as_it_is_referred_to(connection: asyncpg.Connection) -> None:
    await store(connection, [resource("Patient/p", gender="male")])
    await store(connection, [resource("Patient/p", gender="female")], minutes=1)
    await store(
        connection,
        [
            resource("Observation/old", subject=to("Patient/p/_history/1")),
            resource("Observation/now", subject=to("Patient/p/_history/2")),
            resource("Observation/any", subject=to("Patient/p")),
            resource("Observation/gone", subject=to("Patient/p/_history/7")),
        ],
    )

    async def versions(ids: str, **more: Any) -> list[str]:
        page = await ask(connection, "Observation", ("_id", ids), ("_include", "Observation:subject"), **more)
        return sorted(loads(body)["meta"]["versionId"] for body in page.included)

    assert await versions("old") == ["1"]
    assert await versions("now") == await versions("any") == ["2"]
    assert await versions("old,now") == await versions("old,any") == ["1", "2"]
    assert await versions("gone") == ["2"]
    assert await versions("old", allowed=(patient_key("p"),)) == ["2"]


async def test_canonicals_lead_to_the_version_they_name(connection: asyncpg.Connection) -> None:
    url = "http://example.org/q"
    await store(
        connection,
        [
            resource("Questionnaire/one", url=url, version="1", status="active"),
            resource("Questionnaire/two", url=url, version="2", status="active"),
            resource("Questionnaire/other", url=f"{url}x", version="1", status="active"),
            resource("QuestionnaireResponse/a", questionnaire=url, status="completed"),
            resource("QuestionnaireResponse/b", questionnaire=f"{url}|1", status="completed"),
            resource("QuestionnaireResponse/c", questionnaire=f"{url}|3", status="completed"),
        ],
    )
    include = ("_include", "QuestionnaireResponse:questionnaire")

    async def questionnaires(id_: str) -> list[str]:
        return await included_by(connection, "QuestionnaireResponse", id_, include)

    assert await questionnaires("a") == ["Questionnaire/one", "Questionnaire/two"]
    assert await questionnaires("b") == ["Questionnaire/one"]
    assert await questionnaires("c") == []
    reverse = ("_revinclude", "QuestionnaireResponse:questionnaire")
    responses = await included_by(connection, "Questionnaire", "two", reverse)
    assert responses == ["QuestionnaireResponse/a"]


async def test_too_much_is_refused_or_told(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(connection, WORLD)
    monkeypatch.setattr(included, "MAX_INCLUDED", 1)
    monkeypatch.setattr(execute, "MAX_INCLUDED", 1)
    asked = [("_id", "p"), ("_revinclude", "Observation:subject")]
    with pytest.raises(SearchError) as caught:
        await ask(connection, "Patient", *asked)
    assert (caught.value.status, caught.value.issue.code) == (400, "too-costly")
    page = await ask(connection, "Patient", *asked, handling="lenient")
    assert len(page.included) == 1
    assert [(issue.severity, issue.code) for issue in page.issues] == [("warning", "too-costly")]


async def test_contained_resources_are_no_targets(connection: asyncpg.Connection) -> None:
    inner = {"resourceType": "Patient", "id": "p"}
    await store(
        connection, [resource("Patient/p"), resource("Observation/a", contained=[inner], subject=to("#p"))]
    )
    assert await included_by(connection, "Observation", "a", ("_include", "*")) == []
