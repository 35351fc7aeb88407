"""The CapabilityStatement: made of what is registered, so that it cannot promise anything else.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final, Protocol

from exchange.fhirjson import dumps
from exchange.negotiation import FHIR_JSON, FHIR_XML
from exchange.patch import PATCH_FORMATS
from exchange.search.definition.definitions import SearchParameter
from exchange.search.definition.leading import Registry

CHANGED: Final = "2026-01-01"
# What defines the operation at each path.
OPERATIONS: Final = {
    "Patient/{id}/$everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    "Patient/$match": "https://profiles.ihe.net/ITI/PDQm/OperationDefinition/PDQmMatch",
    "Patient/$ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
    "Patient/$merge": "http://hl7.org/fhir/OperationDefinition/Patient-merge",
    "Patient/$unmerge": "https://yilian.example/fhir/OperationDefinition/patient-unmerge",
    "Patient/$link": "https://yilian.example/fhir/OperationDefinition/patient-link",
    "Patient/$unlink": "https://yilian.example/fhir/OperationDefinition/patient-unlink",
    "Patient/$split": "https://yilian.example/fhir/OperationDefinition/patient-split",
    "Patient/$do-not-link": "https://yilian.example/fhir/OperationDefinition/patient-do-not-link",
    "Patient/$allow-link": "https://yilian.example/fhir/OperationDefinition/patient-allow-link",
    "Patient/$undo": "https://yilian.example/fhir/OperationDefinition/patient-undo",
    "Patient/{id}/$identity-history": "https://yilian.example/fhir/OperationDefinition/identity-history",
    "Patient/$identity-review": "https://yilian.example/fhir/OperationDefinition/identity-review",
    "Patient/$identity-explain": "https://yilian.example/fhir/OperationDefinition/identity-explain",
    "Patient/$identity-decide": "https://yilian.example/fhir/OperationDefinition/identity-decide",
    "Patient/$identity-skip": "https://yilian.example/fhir/OperationDefinition/identity-skip",
    "Patient/$identity-escalate": "https://yilian.example/fhir/OperationDefinition/identity-escalate",
    "Encounter/{id}/$everything": "http://hl7.org/fhir/OperationDefinition/Encounter-everything",
    "$export": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
    "Patient/$export": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export",
    "Group/{id}/$export": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export",
    "$import": "https://yilian.example/fhir/OperationDefinition/import",
    "$graphql": "http://hl7.org/fhir/OperationDefinition/Resource-graphql",
    "{type}/{id}/$graphql": "http://hl7.org/fhir/OperationDefinition/Resource-graphql",
    "Observation/$lastn": "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    "ValueSet/$expand": "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
    "ValueSet/$validate-code": "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",
    "ValueSet/$batch-validate-code": "https://yilian.example/fhir/OperationDefinition/batch-validate-code",
    "CodeSystem/$validate-code": "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code",
    "CodeSystem/$local-codes": "https://yilian.example/fhir/OperationDefinition/local-codes",
    "CodeSystem/$propose-mappings": "https://yilian.example/fhir/OperationDefinition/propose-mappings",
    "CodeSystem/$decide-codes": "https://yilian.example/fhir/OperationDefinition/decide-codes",
    "ConceptMap/$upload-mappings": "https://yilian.example/fhir/OperationDefinition/upload-mappings",
    "ConceptMap/$retranslate": "https://yilian.example/fhir/OperationDefinition/retranslate",
    "CodeSystem/$lookup": "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup",
    "CodeSystem/$subsumes": "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes",
    "CodeSystem/$find-matches": "http://hl7.org/fhir/OperationDefinition/CodeSystem-find-matches",
    "ConceptMap/$translate": "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate",
    "$closure": "http://hl7.org/fhir/OperationDefinition/ConceptMap-closure",
    "NamingSystem/$preferred-id": "http://hl7.org/fhir/OperationDefinition/NamingSystem-preferred-id",
    "$process-message": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
    "$versions": "http://hl7.org/fhir/OperationDefinition/CapabilityStatement-versions",
    "$meta": "http://hl7.org/fhir/OperationDefinition/Resource-meta",
    "{type}/$meta": "http://hl7.org/fhir/OperationDefinition/Resource-meta",
    "{type}/{id}/$meta": "http://hl7.org/fhir/OperationDefinition/Resource-meta",
    "{type}/{id}/$meta-add": "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
    "{type}/{id}/$meta-delete": "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete",
}


class Interaction(Protocol):
    """What is needed of a registered interaction."""

    @property
    def code(self) -> str: ...
    @property
    def path(self) -> str: ...


@lru_cache(4)
def metadata(
    base: str,
    registered: tuple[Interaction, ...],
    registry: Registry,
    parameters: tuple[SearchParameter, ...],
) -> bytes:
    """The bytes that `GET /metadata` sends."""
    return dumps(capability_statement(base, registered, registry, parameters))


def capability_statement(
    base: str,
    registered: Sequence[Interaction],
    registry: Registry,
    parameters: Sequence[SearchParameter],
) -> dict[str, Any]:
    """`parameters` are all that the definitions have; the registry knows which are supported."""
    documented = {(type_, each.code): each for each in parameters for type_ in each.base}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED,
        "kind": "instance",
        "software": {"name": "Yilian", "version": version("yilian")},
        "implementation": {"description": "Regional health-data exchange hub", "url": base},
        "fhirVersion": "4.0.1",
        "patchFormat": list(PATCH_FORMATS),
        "format": [FHIR_JSON, "json", FHIR_XML, "xml"],
        "rest": [_rest(base, registered, registry, documented)],
    }


def _rest(
    base: str,
    registered: Sequence[Interaction],
    registry: Registry,
    documented: Mapping[tuple[str, str], SearchParameter],
) -> dict[str, Any]:
    reverse = _reverse_includes(registry)
    made: dict[str, Any] = {
        "mode": "server",
        "security": _security(base),
        "resource": [
            _resource(type_, registered, registry, documented, reverse.get(type_, []))
            for type_ in sorted(registry.resource_types)
        ],
        "interaction": [{"code": code} for code in _system_codes(registered)],
        "operation": _operations(each for each in registered if each.path.startswith("$")),
        "compartment": _compartments(registered),
    }
    return {name: value for name, value in made.items() if value != []}


def _resource(
    type_: str,
    registered: Sequence[Interaction],
    registry: Registry,
    documented: Mapping[tuple[str, str], SearchParameter],
    reverse: Sequence[str],
) -> dict[str, Any]:
    codes = dict.fromkeys(
        each.code for each in registered if each.path.startswith("{type}") and each.code[0] != "$"
    )
    own = (f"{type_}/", "{type}/")
    operations = _operations(each for each in registered if each.path.startswith(own))
    made: dict[str, Any] = {
        "type": type_,
        "interaction": [{"code": code} for code in codes if code not in _CONDITIONAL],
        "versioning": "versioned-update",
        "readHistory": "vread" in codes,
        "updateCreate": "update" in codes,
        "conditionalCreate": "create" in codes,
        "conditionalRead": "full-support",
        "conditionalUpdate": "conditional-update" in codes,
        "conditionalDelete": "single" if "conditional-delete" in codes else "not-supported",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": _includes(type_, registry),
        "searchRevInclude": list(reverse),
        "searchParam": list(_parameters(type_, registry, documented)),
        "operation": operations,
    }
    return {name: value for name, value in made.items() if value != []}


def _operations(registered: Iterable[Interaction]) -> list[dict[str, str]]:
    paths: dict[str, str] = {}
    for each in registered:
        if each.code.startswith("$"):
            paths.setdefault(each.code, each.path)
    return [
        {"name": code.removeprefix("$"), "definition": OPERATIONS.get(path) or _BASE_OPERATION + code[1:]}
        for code, path in paths.items()
    ]


def _includes(type_: str, registry: Registry) -> list[str]:
    return [
        f"{type_}:{code}"
        for code, parameter in sorted(registry.of(type_).parameters.items())
        if parameter.type == "reference" and not parameter.refusal
    ]


def _reverse_includes(registry: Registry) -> dict[str, list[str]]:
    """For each type the parameters of others by which they refer to it."""
    reverse: dict[str, list[str]] = {}
    for source in sorted(registry.resource_types):
        for code, parameter in sorted(registry.of(source).parameters.items()):
            if parameter.type == "reference" and not parameter.refusal:
                for target in parameter.targets or registry.resource_types:
                    reverse.setdefault(target, []).append(f"{source}:{code}")
    return reverse


def _parameters(
    type_: str, registry: Registry, documented: Mapping[tuple[str, str], SearchParameter]
) -> Iterator[dict[str, str]]:
    for code, parameter in sorted(registry.of(type_).parameters.items()):
        if parameter.refusal:
            continue
        known = next(
            (documented[at] for base in (type_, *_BASES) if (at := (base, code)) in documented), None
        )
        told = {"name": code, "type": parameter.type}
        url = parameter.url or (known.url if known else "")
        if url:
            told["definition"] = url
        documentation = " ".join(filter(None, (_expression(known, type_), parameter.warning)))
        if documentation:
            told["documentation"] = documentation
        yield told


def _expression(known: SearchParameter | None, type_: str) -> str:
    """What of the parameter's expression is about the type."""
    if known is None or not known.expression:
        return ""
    parts = known.expression.split(" | ")
    own = [part for part in parts if part.lstrip("(").startswith(f"{type_}.")]
    return " | ".join(own or parts)


def _compartments(registered: Sequence[Interaction]) -> list[str]:
    """Those whose members have paths of their own, `Patient/{id}/{type}`."""
    paths = (each.path.split("/") for each in registered)
    names = {path[0] for path in paths if len(path) == 3 and path[0][:1].isalpha() and path[2][:1] in "{*"}
    return [f"http://hl7.org/fhir/CompartmentDefinition/{_lower_first(name)}" for name in sorted(names)]


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _system_codes(registered: Sequence[Interaction]) -> list[str]:
    """Of what stands at the base, and the histories and searches of all types."""
    codes = [each.code for each in registered if each.path in ("", "_history", "_search")]
    return list(dict.fromkeys(code for each in codes for code in (each, *_BESIDE.get(each, ()))))


def _security(base: str) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    return {
        "service": [{"coding": [{"system": system, "code": "SMART-on-FHIR"}]}],
        "description": f"A bearer token is required; see {base}/.well-known/smart-configuration",
    }


_BASES: Final = ("Resource", "DomainResource")
_BASE_OPERATION: Final = "http://hl7.org/fhir/OperationDefinition/Resource-"
_CONDITIONAL: Final = frozenset(("conditional-update", "conditional-delete", "conditional-patch"))
# What the same path and method do too.
_BESIDE: Final = {"transaction": ("batch",)}
