"""transaction: all or nothing, references resolved, created once."""

import asyncio

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.interactions.transactions import (
    URN,
    count,
    delete,
    get,
    located,
    observation,
    patient,
    post,
    put,
    send,
)


async def test_the_answer(client: httpx.AsyncClient) -> None:
    answer = await send(client, post(patient()), put(patient("2", id="p2")), delete("Patient/p3"))
    bundle = answer.json()
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction-response")
    created, put_, gone = (entry["response"] for entry in bundle["entry"])
    assert created["status"] == put_["status"] == "201 Created"
    assert created["etag"] == 'W/"1"'
    assert created["location"].startswith("http://127.0.0.1:8080/fhir/Patient/")
    read = await client.get(created["location"])
    assert read.json()["meta"]["lastUpdated"] == created["lastModified"]
    assert put_["location"].endswith("/fhir/Patient/p2/_history/1")
    assert gone == {"status": "204 No Content"}


@pytest.mark.parametrize(
    ("prefer", "member"), [("return=representation", "resource"), ("return=OperationOutcome", "outcome")]
)
async def test_the_answer_is_as_preferred(client: httpx.AsyncClient, prefer: str, member: str) -> None:
    answer = await send(client, post(patient()), Prefer=prefer)
    (entry,) = answer.json()["entry"]
    assert member in {**entry, **entry["response"]}
    assert ("resource" in entry) == (member == "resource")


async def test_urn_references_are_resolved_everywhere(client: httpx.AsyncClient) -> None:
    subject, other = URN + "1", URN + "2"
    answer = await send(
        client,
        post(
            observation(
                subject,
                extension=[
                    {"url": "http://x.org/a", "valueReference": {"reference": subject}},
                    {"url": "http://x.org/b", "valueUri": other},
                    {"url": "http://x.org/c", "valueString": other},
                ],
                contained=[{"resourceType": "Specimen", "id": "s", "subject": {"reference": subject}}],
                specimen={"reference": "#s"},
                hasMember=[{"reference": other}],
                identifier=[{"system": "urn:ietf:rfc:3986", "value": other}],
                note=[{"text": subject}],
            )
        ),
        post(patient(), subject),
        post(
            observation(
                subject,
                contained=[
                    {
                        "resourceType": "DocumentReference",
                        "id": "d",
                        "status": "current",
                        "content": [{"attachment": {"url": subject}}],
                    }
                ],
                derivedFrom=[{"reference": "#d"}],
            ),
            other,
        ),
    )
    first, patient_, second = located(answer)
    stored = (await client.get(first)).json()
    assert stored["subject"]["reference"] == patient_
    assert stored["extension"][0]["valueReference"]["reference"] == patient_
    assert stored["extension"][1]["valueUri"] == second
    assert stored["extension"][2]["valueString"] == other
    assert stored["contained"][0]["subject"]["reference"] == patient_
    assert stored["specimen"]["reference"] == "#s"
    assert stored["hasMember"][0]["reference"] == second
    assert stored["identifier"][0]["value"] == other
    assert stored["note"][0]["text"] == subject
    contained = (await client.get(second)).json()["contained"][0]
    assert contained["content"][0]["attachment"]["url"] == patient_
    assert (await client.get("Observation", params={"subject": patient_})).json()["total"] == 2


async def test_full_urls_that_are_restful(client: httpx.AsyncClient) -> None:
    base = "http://other.example/fhir"
    answer = await send(
        client,
        post(patient(), f"{base}/Patient/77"),
        post(observation("Patient/77"), f"{base}/Observation/1"),
        post(observation(f"{base}/Patient/77"), URN + "1"),
        post(observation("Patient/77"), URN + "2"),
        post(observation("http://elsewhere.example/fhir/Patient/77")),
    )
    patient_, *observations = located(answer)
    subjects = [(await client.get(each)).json()["subject"]["reference"] for each in observations]
    assert subjects == [patient_, patient_, "Patient/77", "http://elsewhere.example/fhir/Patient/77"]


async def test_a_urn_that_nothing_has_is_refused(client: httpx.AsyncClient) -> None:
    answer = await send(client, post(patient()), post(observation(URN + "9")))
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].resource.subject.reference"]
    assert await count(client, "Patient") == 0


async def test_one_bad_entry_spoils_all(client: httpx.AsyncClient) -> None:
    answer = await send(
        client,
        post(patient()),
        post({**patient(), "gender": "x"}),
        put(patient(id="p2", birthDate="1990-99")),
    )
    assert answer.status_code == 400
    expressions = [issue["expression"][0] for issue in answer.json()["issue"]]
    assert expressions == ["Bundle.entry[1].resource.gender", "Bundle.entry[2].resource.birthDate"]
    assert await count(client, "Patient") == 0


async def test_deletions_come_first_and_reads_last(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient(id="p1"))
    answer = await send(
        client,
        get("Patient?identifier=urn:x|1"),
        post(patient(gender="male"), ifNoneExist="identifier=urn:x|1"),
        get("Patient/p2"),
        put(patient("2", id="p2")),
        delete("Patient/p1"),
        get("Patient/p2/_history"),
        get("Patient/p2/_history/1"),
    )
    assert answer.status_code == 200, answer.text
    found, created, read, _, gone, history, version = answer.json()["entry"]
    assert created["response"]["status"] == "201 Created"
    assert gone["response"]["etag"] == 'W/"2"'
    assert found["resource"]["total"] == 1
    assert found["resource"]["entry"][0]["resource"]["gender"] == "male"
    assert read["resource"]["id"] == version["resource"]["id"] == "p2"
    assert history["resource"]["total"] == 1


async def test_a_read_that_fails_spoils_all(client: httpx.AsyncClient) -> None:
    answer = await send(client, post(patient()), get("Patient/absent"))
    assert answer.status_code == 404
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].request"]
    assert await count(client, "Patient") == 0


async def test_a_conditional_read(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient(id="p1"))
    answer = await send(client, get("Patient/p1", ifNoneMatch='W/"1"'))
    assert answer.json()["entry"][0]["response"]["status"] == "304 Not Modified"


async def test_if_match(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient(id="p1"))
    stale = await send(client, post(patient("2")), put(patient(id="p1", gender="male"), ifMatch='W/"2"'))
    assert stale.status_code == 412
    assert stale.json()["issue"][0]["expression"] == ["Bundle.entry[1].request"]
    assert await count(client, "Patient") == 1
    stale = await send(client, delete("Patient/p1", ifMatch='W/"2"'))
    assert (stale.status_code, stale.json()["issue"][0]["expression"]) == (412, ["Bundle.entry[0].request"])
    good = await send(client, put(patient(id="p1", gender="male"), ifMatch='W/"1"'))
    assert good.json()["entry"][0]["response"]["etag"] == 'W/"2"'


async def test_created_once(client: httpx.AsyncClient) -> None:
    entries = (
        post(patient(), URN + "1", ifNoneExist="identifier=urn:x|1"),
        post(patient(), URN + "2", ifNoneExist="identifier=urn%3Ax%7C1"),
        post(observation(URN + "1")),
        post(observation(URN + "2")),
    )
    first = await send(client, *entries)
    one, same, *observations = located(first)
    assert one == same
    statuses = [entry["response"]["status"] for entry in first.json()["entry"]]
    assert statuses == ["201 Created", "200 OK", "201 Created", "201 Created"]
    again = await send(client, *entries)
    assert located(again)[:2] == [one, one]
    for each in [*observations, *located(again)[2:]]:
        assert (await client.get(each)).json()["subject"]["reference"] == one
    assert await count(client, "Patient") == 1


async def test_concurrent_transactions_create_once(client: httpx.AsyncClient) -> None:
    async def once(n: int) -> httpx.Response:
        order = (1, 2, 3) if n % 2 else (3, 2, 1)
        return await send(
            client,
            *(post(patient(str(k)), URN + str(k), ifNoneExist=f"identifier=urn:x|{k}") for k in order),
            post(observation(URN + "2")),
        )

    answers = await asyncio.gather(*(once(n) for n in range(12)))
    assert {answer.status_code for answer in answers} == {200}
    assert await count(client, "Patient") == 3
    assert await count(client, "Observation") == 12
    referred = (await client.get("Observation", params={"_count": "50"})).json()["entry"]
    assert len({entry["resource"]["subject"]["reference"] for entry in referred}) == 1


async def test_concurrent_transactions_over_the_same_resources(client: httpx.AsyncClient) -> None:
    async def write(n: int) -> httpx.Response:
        ids = [f"p{k}" for k in range(6)]
        order = ids if n % 2 else ids[::-1]
        return await send(client, *(put(patient(str(n), id=id_)) for id_ in order))

    answers = await asyncio.gather(*(write(n) for n in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    values = {(await client.get(f"Patient/p{k}")).json()["identifier"][0]["value"] for k in range(6)}
    assert len(values) == 1
    assert (await client.get("Patient/p0")).headers["etag"] == 'W/"10"'


async def test_conditional_references(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient(id="p1"))
    answer = await send(
        client,
        post(
            observation(
                "Patient?identifier=urn:x|1", performer=[{"reference": "Practitioner?identifier=urn:x|9"}]
            )
        ),
        post(observation("Patient?identifier=2")),
        post({"resourceType": "Practitioner", "identifier": [{"system": "urn:x", "value": "9"}]}),
        post(patient("2")),
        post(observation("Patient?identifier=urn:x|1&gender:missing=true")),
    )
    first, second, practitioner, patient_, third = located(answer)
    stored = (await client.get(first)).json()
    assert stored["subject"]["reference"] == "Patient/p1"
    assert stored["performer"][0]["reference"] == practitioner
    assert (await client.get(second)).json()["subject"]["reference"] == patient_
    assert (await client.get(third)).json()["subject"]["reference"] == "Patient/p1"


async def test_a_conditional_reference_matches_exactly_one(client: httpx.AsyncClient) -> None:
    expression = ["Bundle.entry[1].resource.subject.reference"]
    none = await send(client, post(patient("2")), post(observation("Patient?identifier=urn:x|1")))
    assert (none.status_code, none.json()["issue"][0]["code"]) == (412, "not-found")
    assert none.json()["issue"][0]["expression"] == expression
    await client.put("Patient/p1", json=patient(id="p1"))
    both = await send(client, post(patient()), post(observation("Patient?identifier=urn:x|1")))
    assert (both.status_code, both.json()["issue"][0]["code"]) == (412, "multiple-matches")
    same = await send(
        client, put(patient(id="p1", gender="male")), post(observation("Patient?identifier=urn:x|1"))
    )
    assert same.status_code == 200
    bad = await send(client, post(patient("3")), post(observation("Patient?nonsense=1")))
    assert (bad.status_code, bad.json()["issue"][0]["expression"]) == (400, expression)


async def test_many_conditional_references_take_few_statements(client: httpx.AsyncClient, hub: Hub) -> None:
    import asyncpg

    await send(client, *(put(patient(str(n), id=f"p{n}")) for n in range(200)))
    asked: list[str] = []

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        # What a connection looks up of types, once, is the driver's.
        if "typeinfo" not in record.query:
            asked.append(record.query)

    connections = [await hub.pool.acquire() for _ in range(8)]
    for connection in connections:
        connection.add_query_logger(note)
    for connection in connections:
        await hub.pool.release(connection)
    await send(client, *(post(observation(f"Patient?identifier=urn:x|{n}")) for n in range(200)))
    assert 0 < len(asked) < 12


async def test_conditional_updates_and_deletions(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient("1", id="p1"))
    await client.put("Patient/p2", json=patient("2", id="p2"))
    answer = await send(
        client,
        put(patient("1", gender="male"), "Patient?identifier=urn:x|1", URN + "1"),
        delete("Patient?identifier=urn:x|2"),
        put(patient("3"), "Patient?identifier=urn:x|3", URN + "3"),
        delete("Patient?identifier=urn:x|4"),
        post(observation(URN + "1")),
        post(observation(URN + "3")),
    )
    one, _, three, nothing, first, second = located(answer)
    assert one == "Patient/p1"
    assert nothing == ""
    assert (await client.get("Patient/p1")).json()["gender"] == "male"
    assert (await client.get("Patient/p2")).status_code == 410
    assert (await client.get(first)).json()["subject"]["reference"] == "Patient/p1"
    assert (await client.get(second)).json()["subject"]["reference"] == three
