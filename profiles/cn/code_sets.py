"""The Chinese tables as CodeSystems, and a ValueSet of all codes of each.

https://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.cn.structures import BASE, VERSION, value_set_url
from terminology.chinese import ETHNICITIES, FAMILY_RELATIONS, IDENTITY_DOCUMENTS, MARITAL_STATUSES, SEXES
from terminology.naming import ETHNICITY, FAMILY_RELATION, IDENTITY_DOCUMENT_TYPE, MARITAL_STATUS, SEX

Json = dict[str, Any]
Codes = Mapping[str, str]

TABLES: Final[Mapping[str, tuple[str, Codes]]] = {
    "sex": (SEX, {code: name for code, (_, name) in SEXES.items()}),
    "marital-status": (MARITAL_STATUS, {code: one.name for code, one in MARITAL_STATUSES.items()}),
    "ethnicity": (ETHNICITY, {one.number: one.name for one in ETHNICITIES}),
    "family-relation": (FAMILY_RELATION, {code: one.name for code, one in FAMILY_RELATIONS.items()}),
    "identity-document": (
        IDENTITY_DOCUMENT_TYPE,
        {code: one.name for code, one in IDENTITY_DOCUMENTS.items()},
    ),
}


def code_sets(name: str, source: Mapping[str, str]) -> Iterator[Json]:
    """The code system, then the value set."""
    system, codes = TABLES[source["table"]]
    yield {
        **_head("CodeSystem", name, system, source["title"]),
        "caseSensitive": True,
        "valueSet": value_set_url(name),
        "content": "complete",
        "count": len(codes),
        "concept": [{"code": code, "display": display} for code, display in codes.items()],
    }
    yield {
        **_head("ValueSet", name, value_set_url(name), source["title"]),
        "compose": {"include": [{"system": system}]},
    }


def _head(kind: str, name: str, url: str, title: str) -> Json:
    return {
        "resourceType": kind,
        "id": name,
        "url": url,
        "version": VERSION,
        "name": "".join(part[:1].upper() + part[1:] for part in name.split("-")),
        "title": title,
        "status": "active",
        "publisher": BASE,
    }
