"""`$translate` from its parameters to an R4 Parameters resource.

https://hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from terminology.canonical import split
from terminology.checks import CodeOf
from terminology.implicit import implicit_map
from terminology.library import Library
from terminology.options import Given, first, text
from terminology.translate import (
    ConceptMap,
    Match,
    Translation,
    Wanted,
    concept_map_of,
    maps_for,
    translate,
)
from terminology.wire.subject import coded, refused


def translated(library: Library, given: Sequence[Given]) -> dict[str, Any]:
    _, codings, _ = coded(given, "system", "version")
    wanted = Wanted(
        text(given, "targetsystem") or text(given, "targetSystem"),
        split(text(given, "source"))[0],
        split(text(given, "target"))[0],
        tuple(_dependency(value) for name, value in given if name == "dependency"),
        first(given, "reverse") in (True, "true"),
    )
    return parameters_of(translate(library, _maps(library, given, codings, wanted), codings, wanted))


def _maps(
    library: Library, given: Sequence[Given], codings: Sequence[CodeOf], wanted: Wanted
) -> list[ConceptMap]:
    sent = first(given, "conceptMap")
    if isinstance(sent, Mapping):
        return [concept_map_of(sent)]
    url, version = split(text(given, "url"))
    if not url:
        return maps_for(library, codings, wanted)
    entry = library.find("ConceptMap", url, text(given, "conceptMapVersion") or version)
    made = implicit_map(library, url) if entry is None else None
    if made is not None:
        return [made]
    if entry is None:
        raise refused(404, "not-found", f"The concept map {url} is not known", "url")
    return [entry.compiled(concept_map_of)]


def _dependency(parts: Any) -> tuple[str, str]:
    """`element`, and the code of `concept`."""
    said = {each.get("name"): each for each in parts} if isinstance(parts, list) else {}
    concept = said.get("concept", {}).get("valueCodeableConcept", {})
    code = next((each.get("code", "") for each in concept.get("coding", ())), concept.get("text", ""))
    return said.get("element", {}).get("valueUri", ""), code


def parameters_of(translation: Translation) -> dict[str, Any]:
    listed: list[dict[str, Any]] = [{"name": "result", "valueBoolean": translation.result}]
    if translation.message:
        listed.append({"name": "message", "valueString": translation.message})
    listed += [{"name": "match", "part": _match(each)} for each in translation.matches]
    return {"resourceType": "Parameters", "parameter": listed}


def _match(match: Match) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"name": "equivalence", "valueCode": match.equivalence}]
    if match.concept.code:
        parts.append({"name": "concept", "valueCoding": _coding(match.concept)})
    for each in match.product:
        coding = {"system": each.get("system", ""), "code": each.get("value", "")}
        named = {name: value for name, value in coding.items() if value}
        of = [
            {"name": "element", "valueUri": each.get("property", "")},
            {"name": "concept", "valueCoding": named},
        ]
        parts.append({"name": "product", "part": of})
    if match.source:
        parts.append({"name": "source", "valueUri": match.source})
    return parts


def _coding(coding: CodeOf) -> dict[str, str]:
    said = {"system": coding.system, "code": coding.code, "display": coding.display}
    return {name: value for name, value in said.items() if value}
