"""The Chinese tables as FHIR resources: code systems, value sets, and concept maps to FHIR's own codes.

GB/T 2261.1, GB/T 2261.2, GB 3304, GB/T 4761, CV02.01.101. https://hl7.org/fhir/R4/terminologies.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from terminology.chinese import (
    ABO_BLOOD_GROUPS,
    ETHNICITIES,
    FAMILY_RELATIONS,
    IDENTITY_DOCUMENTS,
    MARITAL_STATUSES,
    RH_D_BLOOD_GROUPS,
    SEXES,
    Concept,
)
from terminology.naming import (
    ABO_BLOOD_GROUP,
    ETHNICITY,
    FAMILY_RELATION,
    IDENTITY_DOCUMENT_TYPE,
    MARITAL_STATUS,
    RH_D_BLOOD_GROUP,
    SEX,
)

BASE: Final = "https://yilian.example/fhir"
GENDER: Final = "http://hl7.org/fhir/administrative-gender"
Resource = dict[str, Any]
# GB/T 2261.2: these stand below 20, whose first digit they have.
_MARRIED: Final = {"21": "20", "22": "20", "23": "20"}
# In GB/T 4761 what ends in 0 is above what begins with the same digit; what is further away is all below 80.
_KIN: Final = {
    code: "80" if code > "80" else f"{code[0]}0"
    for code in FAMILY_RELATIONS
    if code > "80" or (code[1] != "0" and f"{code[0]}0" in FAMILY_RELATIONS)
}


@dataclass(frozen=True, slots=True)
class Table:
    """`letters` are further codes by number; `above` the code that another one stands below."""

    id: str
    url: str
    title: str
    names: Mapping[str, str]
    above: Mapping[str, str]
    letters: Mapping[str, str]


def _names(concepts: Mapping[str, Concept]) -> dict[str, str]:
    return {code: concept.name for code, concept in concepts.items()}


TABLES: Final = (
    Table(
        "sex",
        SEX,
        "GB/T 2261.1 个人基本信息分类与代码 人的性别代码",
        {c: n for c, (_, n) in SEXES.items()},
        {},
        {},
    ),
    Table(
        "marital-status", MARITAL_STATUS, "GB/T 2261.2 婚姻状况代码", _names(MARITAL_STATUSES), _MARRIED, {}
    ),
    Table("family-relation", FAMILY_RELATION, "GB/T 4761 家庭关系代码", _names(FAMILY_RELATIONS), _KIN, {}),
    Table(
        "identity-document",
        IDENTITY_DOCUMENT_TYPE,
        "CV02.01.101 身份证件类别代码",
        _names(IDENTITY_DOCUMENTS),
        {},
        {},
    ),
    Table("abo", ABO_BLOOD_GROUP, "CV04.50.005 ABO血型代码", ABO_BLOOD_GROUPS, {}, {}),
    Table("rh-d", RH_D_BLOOD_GROUP, "CV04.50.020 Rh（D）血型代码", RH_D_BLOOD_GROUPS, {}, {}),
    Table(
        "ethnicity",
        ETHNICITY,
        "GB 3304 中国各民族名称的罗马字母拼写法和代码",
        {each.number: each.name for each in ETHNICITIES},
        {},
        {each.number: each.letters for each in ETHNICITIES},
    ),
)


def chinese_resources() -> Iterator[Resource]:
    """All of them."""
    for table in TABLES:
        yield code_system(table)
        yield _value_set(table)
    yield _concept_map("sex-to-gender", SEX, ((code, GENDER, gender) for code, (gender, _) in SEXES.items()))
    for id_, concepts in (
        ("marital-status", MARITAL_STATUSES),
        ("family-relation", FAMILY_RELATIONS),
        ("identity-document", IDENTITY_DOCUMENTS),
    ):
        source = next(iter(concepts.values())).system
        mapped = ((c.code, c.target_system, c.target_code) for c in concepts.values())
        yield _concept_map(f"{id_}-to-fhir", source, mapped)


def code_system(table: Table) -> Resource:
    has_letters = {"property": [{"code": "letters", "type": "string"}]} if table.letters else {}
    return {
        "resourceType": "CodeSystem",
        "id": f"cn-{table.id}",
        "url": table.url,
        "name": _name(table.id),
        "title": table.title,
        "status": "active",
        "language": "zh-CN",
        "caseSensitive": True,
        "hierarchyMeaning": "is-a",
        "content": "complete",
        "valueSet": f"{BASE}/ValueSet/cn-{table.id}",
        **has_letters,
        "concept": _concepts(table, ""),
    }


def _concepts(table: Table, above: str) -> list[Resource]:
    return [
        _concept(table, code, name)
        for code, name in table.names.items()
        if table.above.get(code, "") == above
    ]


def _concept(table: Table, code: str, name: str) -> Resource:
    made: Resource = {"code": code, "display": name}
    if code in table.letters:
        made["property"] = [{"code": "letters", "valueString": table.letters[code]}]
    if code in table.above.values():
        made["concept"] = _concepts(table, code)
    return made


def _value_set(table: Table) -> Resource:
    return {
        "resourceType": "ValueSet",
        "id": f"cn-{table.id}",
        "url": f"{BASE}/ValueSet/cn-{table.id}",
        "name": _name(table.id),
        "title": table.title,
        "status": "active",
        "compose": {"include": [{"system": table.url}]},
    }


def _concept_map(id_: str, source: str, mapped: Iterable[tuple[str, str | None, str | None]]) -> Resource:
    """A group for each system that is mapped to; what has no counterpart is said to have none."""
    groups: dict[str, list[Resource]] = {}
    for code, system, target in mapped:
        if system and target:
            element = {"code": code, "target": [{"code": target, "equivalence": "relatedto"}]}
            groups.setdefault(system, []).append(element)
    listed = [{"source": source, "target": to, "element": elements} for to, elements in groups.items()]
    return {
        "resourceType": "ConceptMap",
        "id": f"cn-{id_}",
        "url": f"{BASE}/ConceptMap/cn-{id_}",
        "name": _name(id_),
        "status": "active",
        "group": listed,
    }


def _name(id_: str) -> str:
    return "Cn" + "".join(part.capitalize() for part in id_.split("-"))
