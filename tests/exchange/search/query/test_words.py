"""`_text` and `_content`: words, joined and negated, in the narrative or anywhere."""

from typing import Any

import asyncpg
import pytest

from mpi.keys import patient_key
from tests.exchange.search.searched import found, store


def narrated(id_: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": id_,
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'},
        "subject": {"reference": f"Patient/{id_}"},
        **more,
    }


WORLD = [
    narrated("bone", "Cancer of the <b>bone</b>", note=[{"text": "Metastases in the liver"}]),
    narrated("liver", "LIVER cancer", code={"text": "Hepatic carcinoma"}),
    narrated("han", "肝转移癌", code={"coding": [{"system": "http://x", "code": "c", "display": "肝癌"}]}),
]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("_text", "cancer", ["bone", "liver"]),
        ("_text", "liver", ["liver"]),
        ("_text", "bone cancer", ["bone"]),
        ("_text", "bone AND liver", []),
        ("_text", "bone OR liver", ["bone", "liver"]),
        ("_text", "bone,liver", ["bone", "liver"]),
        ("_text", "cancer NOT bone", ["liver"]),
        ("_text", "not cancer", ["han"]),
        ("_text", "(bone or liver) and not liver", ["bone"]),
        ("_text", "metastases", []),
        ("_text", "肝", ["han"]),
        ("_text", "转移", ["han"]),
        ("_text", "肝癌", []),
        ("_text", '"肝转移癌"', ["han"]),
        ("_content", "肝癌", ["han"]),
        ("_content", "liver", ["bone", "liver"]),
        ("_content", "bone metastases", ["bone"]),
        ("_content", '"bone metastases"', []),
        ("_content", '"metastases liver"', ["bone"]),
        ("_content", "(bone OR liver) and metastases", ["bone"]),
        ("_content", "hepatic", ["liver"]),
        ("_content", "div", []),
    ],
)
async def test_words(connection: asyncpg.Connection, name: str, value: str, expected: list[str]) -> None:
    await store(connection, WORLD)
    assert await found(connection, "Condition", (name, value)) == expected


async def test_words_in_chains_and_filters(connection: asyncpg.Connection) -> None:
    provenance = {"resourceType": "Provenance", "id": "v", "target": [{"reference": "Condition/bone"}]}
    await store(connection, [*WORLD, provenance])
    assert await found(connection, "Provenance", ("target:Condition._text", "bone")) == ["v"]
    assert await found(connection, "Condition", ("_filter", "_text co cancer and _content co liver")) == [
        "bone",
        "liver",
    ]


async def test_words_tell_of_nobody_else(connection: asyncpg.Connection) -> None:
    await store(connection, WORLD)
    assert await found(connection, "Condition", ("_text", "cancer"), allowed=(patient_key("bone"),)) == [
        "bone"
    ]
