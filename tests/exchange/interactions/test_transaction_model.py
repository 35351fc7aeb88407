"""Whatever transactions come, the hub says what a dictionary says; and stores all of one, or none of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.interactions.transactions import delete, post, put, send

Resource = dict[str, Any]
SYSTEM = "urn:x"
IDS = ("o0", "o1", "o2")
VALUES = ("1", "2", "3")


def organization(name: str, values: tuple[str, ...], **more: Any) -> Resource:
    identifiers = [{"system": SYSTEM, "value": value} for value in values]
    named = {"identifier": identifiers} if identifiers else {}
    return {"resourceType": "Organization", "name": name, **named, **more}


@dataclass(frozen=True, slots=True)
class Asked:
    """One entry: `id` of the resource in the URL, or `condition`, an identifier's value."""

    method: str
    name: str = ""
    values: tuple[str, ...] = ()
    id: str = ""
    condition: str = ""
    part_of: int | None = None
    version: int | None = None

    def entry(self, number: int) -> Resource:
        more = {} if self.part_of is None else {"partOf": {"reference": f"urn:uuid:{self.part_of}"}}
        request = {} if self.version is None else {"ifMatch": f'W/"{self.version}"'}
        query = f"identifier={SYSTEM}|{self.condition}"
        full_url = f"urn:uuid:{number}"
        match self.method:
            case "POST":
                once = {"ifNoneExist": query} if self.condition else {}
                return post(organization(self.name, self.values, **more), full_url, **once)
            case "PUT" if self.condition:
                return put(
                    organization(self.name, self.values, **more), f"Organization?{query}", full_url, **request
                )
            case "PUT":
                made = organization(self.name, self.values, id=self.id, **more)
                return put(made, f"Organization/{self.id}", full_url, **request)
        return delete(f"Organization?{query}" if self.condition else f"Organization/{self.id}", **request)


asked = st.builds(
    Asked,
    st.sampled_from(["POST", "POST", "PUT", "PUT", "DELETE"]),
    st.sampled_from(["甲", "乙"]),
    st.lists(st.sampled_from(VALUES), max_size=2, unique=True).map(tuple),
    st.sampled_from(IDS),
    st.sampled_from(["", "", *VALUES]),
    st.none() | st.integers(0, 4),
    st.none() | st.none() | st.integers(1, 3),
)
transactions = st.lists(st.lists(asked, min_size=1, max_size=5), min_size=1, max_size=5)


class Refused(Exception):
    """The transaction is refused with this status."""


@dataclass
class Model:
    """Every resource's versions, None for a deletion, as (name, identifiers, id of what it is part of)."""

    versions: dict[str, list[tuple[Any, ...] | None]] = field(default_factory=dict)

    def apply(self, listed: list[Asked], made: Iterator[str]) -> list[str]:
        """The id that each entry is about; `made` are those that the hub made for new resources."""
        targets: dict[int, str] = {}
        gone: set[str] = set()
        for n, each in enumerate(listed):
            if each.method == "DELETE":
                targets[n] = (self.only(each.condition, set()) or "") if each.condition else each.id
                if targets[n] and targets[n] in gone:
                    raise Refused(400)
                gone |= {targets[n]} - {""}
        order = sorted(
            (n for n, each in enumerate(listed) if each.method != "DELETE"),
            key=lambda n: (listed[n].method != "POST", listed[n].condition != ""),
        )
        new: dict[int, tuple[str, ...]] = {}
        about: dict[int, object] = {}
        for n in order:
            about[n] = self.subject(n, listed, gone, new, about)
            if about[n] == n and listed[n].method == "POST":
                new[n] = listed[n].values
        written = [about[n] for n in order if about[n] == n or listed[n].method == "PUT"]
        if len({*written, *gone}) < len(written) + len(gone):
            raise Refused(400)
        for n in order:
            part_of = listed[n].part_of
            changes = about[n] == n or listed[n].method == "PUT"
            if changes and part_of is not None and part_of not in order:
                raise Refused(422)
        return self.store(listed, targets, order, about, made)

    def subject(
        self,
        n: int,
        listed: list[Asked],
        gone: set[str],
        new: dict[int, tuple[str, ...]],
        about: dict[int, Any],
    ) -> object:
        """The id of a stored resource, or the number of the entry that makes it."""
        each = listed[n]
        if not each.condition:
            return n if each.method == "POST" else each.id
        match = self.only(each.condition, gone)
        if match is not None:
            return match
        for other, values in new.items():
            if each.condition in values:
                return other
        for other, subject in about.items():
            if listed[other].condition == each.condition and type(subject) is int:
                return subject
        return n

    def only(self, value: str, gone: set[str]) -> str | None:
        found = [
            id_
            for id_, versions in self.versions.items()
            if id_ not in gone and (current := versions[-1]) is not None and value in current[1]
        ]
        if len(found) > 1:
            raise Refused(412)
        return found[0] if found else None

    def store(
        self,
        listed: list[Asked],
        targets: dict[int, str],
        order: list[int],
        about: dict[int, Any],
        made: Iterator[str],
    ) -> list[str]:
        ids = dict(zip(range(len(listed)), made, strict=True))
        final = {n: ids[subject] if type(subject) is int else subject for n, subject in about.items()}
        for n, id_ in (targets | final).items():
            self.check(listed[n], id_, about.get(n))
        for id_ in filter(None, targets.values()):
            if self.versions.get(id_, [None])[-1] is not None:
                self.versions[id_].append(None)
        for n in order:
            if about[n] == n or listed[n].method == "PUT":
                each = listed[n]
                part_of = None if each.part_of is None else f"Organization/{final[each.part_of]}"
                content = (each.name, each.values, part_of)
                known = self.versions.setdefault(final[n], [])
                if not known or known[-1] != content:
                    known.append(content)
        return [(targets | final)[n] for n in range(len(listed))]

    def check(self, each: Asked, id_: str, subject: object) -> None:
        known = self.versions.get(id_, [])
        current = len(known) if known and known[-1] is not None else None
        if each.method != "POST" and each.version is not None and id_ and each.version != current:
            raise Refused(412)


@given(transactions)
async def test_any_transactions_do_what_the_model_does(
    client: httpx.AsyncClient, sequence: list[list[Asked]]
) -> None:
    for id_ in {each["resource"]["id"] for each in await stored(client)}:
        await client.delete(f"Organization/{id_}")
    model = Model()
    for id_ in IDS:  # what earlier examples left is part of the beginning
        history = await client.get(f"Organization/{id_}/_history")
        if history.status_code == 200:
            model.versions[id_] = [None] * int(history.json()["entry"][0]["response"]["etag"][3:-1])
    for listed in sequence:
        answer = await send(client, *(each.entry(n) for n, each in enumerate(listed)))
        before = {id_: list(versions) for id_, versions in model.versions.items()}
        try:
            ids = [
                entry["response"].get("location", "").split("/")[-3:-2] for entry in answer.json()["entry"]
            ]
            model.apply(listed, iter(id_[0] if id_ else "" for id_ in ids))
        except KeyError:
            refused = expected(model, listed)
            assert refused == answer.status_code, (listed, answer.text)
            model.versions = before
        assert await current(client) == {
            id_: versions[-1] for id_, versions in model.versions.items() if versions[-1] is not None
        }


def expected(model: Model, listed: list[Asked]) -> int:
    """The status with which the model refuses."""
    try:
        model.apply(listed, iter(f"new{n}" for n in range(len(listed))))
    except Refused as refused:
        status: int = refused.args[0]
        return status
    return 200


async def stored(client: httpx.AsyncClient) -> list[Resource]:
    found = (await client.get("Organization", params={"_count": "200"})).json()
    entries: list[Resource] = found.get("entry", [])
    return entries


async def current(client: httpx.AsyncClient) -> dict[str, tuple[Any, ...]]:
    return {
        each["resource"]["id"]: (
            each["resource"]["name"],
            tuple(identifier["value"] for identifier in each["resource"].get("identifier", [])),
            each["resource"].get("partOf", {}).get("reference"),
        )
        for each in await stored(client)
    }
