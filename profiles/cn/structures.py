"""Compact sources of profiles and extensions → StructureDefinitions with differentials.

    elements:
      identifier:citizenId.system: {card: 1..1, fixed: {Uri: "…"}}

An element is named by its id below the root, the root by "". https://hl7.org/fhir/R4/structuredefinition.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

BASE: Final = "https://yilian.example/fhir/"
CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
NAME: Final = "yilian.fhir.cn"
VERSION: Final = "0.1.0"
FHIR_VERSION: Final = "4.0.1"
COMPLEX: Final = frozenset(("Identifier", "Extension"))
Source = Mapping[str, Any]
Json = dict[str, Any]


def structure_url(name: str) -> str:
    return f"{BASE}StructureDefinition/{name}"


def value_set_url(name: str) -> str:
    """Of one of ours by its name; of any other, the canonical itself."""
    return name if ":" in name else f"{BASE}ValueSet/{name}"


def profile(source: Source) -> Json:
    type_name = source["type"]
    told = [_element(type_name, below, one or {}) for below, one in source["elements"].items()]
    root = [] if told[0]["id"] == type_name else [{"id": type_name, "path": type_name}]
    return _structure(
        source["id"], source["title"], type_name, [*root, *told], description=source["description"]
    )


def extension(name: str, source: Source) -> Json:
    """One with a value, or one with parts, each of which may be there once."""
    parts = source.get("parts", {})
    told = [{"id": "Extension", "path": "Extension"}]
    told += [element for part, code in parts.items() for element in _part(part, code)]
    if not parts:
        told.append({"id": "Extension.extension", "path": "Extension.extension", "max": "0"})
    told.append(_fixed_url("Extension.url", structure_url(name)))
    told.append(_value("Extension.value[x]", source))
    title = name.replace("-", " ")
    context = [{"type": "element", "expression": one} for one in source["at"]]
    return _structure(name, title[:1].upper() + title[1:], "Extension", told, context=context)


def _structure(name: str, title: str, type_name: str, told: list[Json], **more: Any) -> Json:
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": structure_url(name),
        "version": VERSION,
        "name": "".join(part[:1].upper() + part[1:] for part in name.split("-")),
        "title": title,
        "status": "active",
        "fhirVersion": FHIR_VERSION,
        "kind": "complex-type" if type_name in COMPLEX else "resource",
        "abstract": False,
        **more,
        "type": type_name,
        "baseDefinition": CORE + type_name,
        "derivation": "constraint",
        "differential": {"element": told},
    }


def _element(type_name: str, below: str, source: Source) -> Json:
    identity = f"{type_name}.{below}" if below else type_name
    path = ".".join(part.partition(":")[0] for part in identity.split("."))
    element: Json = {"id": identity, "path": path}
    slice_name = identity.rpartition(".")[2].partition(":")[2]
    if slice_name:
        element["sliceName"] = slice_name
    for name, told in source.items():
        element |= _WORDS[name](told)
    return element


def _card(told: str) -> Json:
    least, _, most = told.partition("..")
    return {"min": int(least), "max": most}


def _slice(told: Source) -> Json:
    by = (one.split(" ") for one in told["by"])
    discriminator = [{"type": kind, "path": path} for kind, path in by]
    return {"slicing": {"discriminator": discriminator, "ordered": False, "rules": told.get("rules", "open")}}


def _bind(told: str) -> Json:
    strength, _, name = told.partition(" ")
    return {"binding": {"strength": strength, "valueSet": value_set_url(name)}}


def _types(told: Mapping[str, str]) -> Json:
    return {"type": [{"code": code, "profile": [structure_url(name)]} for code, name in told.items()]}


def _rules(told: list[Source]) -> Json:
    made = [
        {"key": one["key"], "severity": one.get("severity", "error"), "human": one["human"],
         "expression": one["expression"]}
        for one in told
    ]  # fmt: skip
    return {"constraint": made}


_WORDS: Final[Mapping[str, Callable[[Any], Json]]] = {
    "card": _card,
    "slice": _slice,
    "bind": _bind,
    "type": _types,
    "rules": _rules,
    "must": lambda told: {"mustSupport": told},
    "fixed": lambda told: {f"fixed{code}": value for code, value in told.items()},
    "pattern": lambda told: {f"pattern{code}": value for code, value in told.items()},
    "to": lambda told: {"type": [{"code": "Reference", "targetProfile": [CORE + one for one in told]}]},
    "extension": lambda name: _types({"Extension": name}),
}


def _fixed_url(identity: str, url: str) -> Json:
    return {"id": identity, "path": _path(identity), "fixedUri": url}


def _value(identity: str, source: Source) -> Json:
    if "value" not in source:
        return {"id": identity, "path": _path(identity), "max": "0"}
    element: Json = {"id": identity, "path": _path(identity), "min": 1, "type": [{"code": source["value"]}]}
    return element | (_bind(source["bind"]) if "bind" in source else {})


def _part(name: str, code: str) -> Iterator[Json]:
    home = f"Extension.extension:{name}"
    yield {"id": home, "path": "Extension.extension", "sliceName": name, "max": "1"}
    yield {"id": f"{home}.extension", "path": "Extension.extension.extension", "max": "0"}
    yield _fixed_url(f"{home}.url", name)
    yield _value(f"{home}.value[x]", {"value": code})


def _path(identity: str) -> str:
    return ".".join(part.partition(":")[0] for part in identity.split("."))
