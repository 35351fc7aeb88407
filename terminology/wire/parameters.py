"""Which parameters each operation takes: R4's, honoured or refused by name, and R5's and those of tx servers.

https://hl7.org/fhir/R4/terminology-service.html, https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from terminology.checks import TxIssue
from terminology.options import RULES, Given
from terminology.texts import Refusal

_VERSIONS: Final = tuple(RULES)
_LANGUAGE: Final = ("displayLanguage", "useSupplement", "tx-resource")
_CODED: Final = ("code", "coding", "codeableConcept", "display", "abstract")
_CHECKS: Final = (
    *("activeOnly", "inferSystem", "lenient-display-validation", "valueset-membership-only"),
    *_VERSIONS,
    *_LANGUAGE,
)
_IN_VALUE_SET: Final = (
    *("url", "valueSet", "valueSetVersion", "system", "systemVersion"),
    *_CODED,
    *_CHECKS,
)
TAKEN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "expand": frozenset(
            (
                *("url", "valueSet", "valueSetVersion", "filter", "offset", "count", "includeDesignations"),
                *("designation", "includeDefinition", "activeOnly", "excludeNested", "excludeNotForUI"),
                *("excludePostCoordinated", "exclude-system", "property", "versionsMatch"),
                *_VERSIONS,
                *_LANGUAGE,
            )
        ),
        "validate-code": frozenset(_IN_VALUE_SET),
        "batch-validate": frozenset((*_IN_VALUE_SET, "validation", "codeSystem", "version")),
        "cs-validate-code": frozenset(
            ("url", "system", "codeSystem", "version", "systemVersion", *_CODED, *_CHECKS)
        ),
        "lookup": frozenset(
            ("code", "system", "version", "coding", "property", *_LANGUAGE, *_VERSIONS),
        ),
        "subsumes": frozenset(
            ("codeA", "codeB", "system", "version", "codingA", "codingB", *_LANGUAGE, *_VERSIONS)
        ),
        "find-matches": frozenset(
            ("system", "version", "property", "exact", "compositional", *_LANGUAGE, *_VERSIONS)
        ),
        "translate": frozenset(
            (
                *("url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source"),
                *("coding", "codeableConcept", "target", "targetsystem", "targetSystem", "dependency"),
                *("reverse", "tx-resource"),
            )
        ),
        "closure": frozenset(("name", "concept", "version")),
        "preferred-id": frozenset(("id", "type", "tx-resource")),
    }
)
_DATED: Final = "definitions are chosen by their version (system-version), not by a date"
_CONTEXT: Final = (
    "the value set is named by url or sent as valueSet, not found by an element that is bound to it"
)
REFUSED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "expand": {"date": _DATED, "context": _CONTEXT, "contextDirection": _CONTEXT},
        "validate-code": {"date": _DATED, "context": _CONTEXT},
        "batch-validate": {"date": _DATED, "context": _CONTEXT},
        "cs-validate-code": {"date": _DATED},
        "lookup": {"date": _DATED},
    }
)


def require_supported(operation: str, given: Iterable[Given]) -> None:
    """Raises Refusal for a parameter that R4 has and we do not, and for a name that differs from ours only in
    case; what nobody knows is a client's own, and passed over."""
    refused, taken = REFUSED.get(operation, {}), TAKEN[operation]
    for name, _ in given:
        if name in taken:
            continue
        if reason := refused.get(name):
            raise _unsupported(name, f"{name} is not supported: {reason}")
        meant = next((each for each in taken if each.lower() == name.lower()), "")
        if meant:
            raise _unsupported(name, f"There is no parameter {name[:64]}; there is {meant}")


def _unsupported(name: str, text: str) -> Refusal:
    return Refusal(400, TxIssue("error", "not-supported", "", "", text, name[:64]))
