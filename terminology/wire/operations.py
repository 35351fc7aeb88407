"""Every terminology operation, from the parameters given to the resource that answers.

https://hl7.org/fhir/R4/terminology-service.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from terminology.answering import LibraryChecks
from terminology.checks import Check, CodeOf, Kind
from terminology.compile_code_system import UnusableDefinition, compile_code_system
from terminology.expansion import DEFAULT_LIMIT, expand
from terminology.library import Library
from terminology.lookup import look_up, subsumes
from terminology.options import Given, first, options_of, text
from terminology.preferred_id import KINDS, preferred_id
from terminology.scope import Scope
from terminology.texts import Refusal
from terminology.validation import Validation, validate
from terminology.value_set import ValueSet, whole_system
from terminology.wire.expand import value_set_of
from terminology.wire.find_matches import matched
from terminology.wire.given import given_of, resources
from terminology.wire.lookup import parameters_of as lookup_parameters
from terminology.wire.outcome import outcome_of
from terminology.wire.parameters import require_supported
from terminology.wire.subject import coded, one_coding, refused, value_set_asked
from terminology.wire.translate import translated
from terminology.wire.validate_code import accepted, parameters_of

Resource = dict[str, Any]
# What a request may say and still be plain; a coding has a code system of its own.
_PLAIN: Final = frozenset(("url", "system", "code", "display"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `language` is the header Accept-Language; `stamp` gives an identifier and an instant."""

    library: Library
    given: Sequence[Given]
    language: str
    stamp: Callable[[], tuple[str, str]]
    limit: int = DEFAULT_LIMIT

    def scope(self) -> Scope:
        library = self.library.under(resources(self.given))
        return Scope(library, options_of(self.given, self.language))


def expand_value_set(asked: Asked) -> Resource:
    scope = asked.scope()
    value_set = value_set_asked(scope, asked.given)
    expansion = expand(scope, value_set, asked.limit)
    return value_set_of(expansion, *asked.stamp())


def _quickly(asked: Asked, value_set: str, system_name: str) -> Resource | None:
    """The answer of a plain request of which only good is to be said; None if there is more to look at."""
    said = _plainly(asked)
    code, system = (said.get("code", ""), said.get(system_name, "")) if said else ("", "")
    if said is None or not code:
        return None
    checks = asked.library.remembered("checks", lambda: LibraryChecks(asked.library))
    coding = CodeOf(system, code, display=said.get("display", ""))
    quick = checks.quick(Check("code", (coding,), value_set))
    return accepted(system, code, checks.version(value_set, system), quick.display) if quick else None


def _plainly(asked: Asked) -> dict[str, str] | None:
    """Its parameters, if they are few and mean what they say."""
    said: dict[str, str] = {}
    for name, value in asked.given:
        if name not in _PLAIN or name in said or type(value) is not str:
            return None
        said[name] = value
    return None if asked.language else said


def validate_in_value_set(asked: Asked) -> Resource:
    url = text(asked.given, "url")
    quick = _quickly(asked, url, "system") if url else None
    if quick is not None:
        return quick
    scope = asked.scope()
    value_set = value_set_asked(scope, asked.given)
    kind, codings, sent = coded(asked.given, "system", "systemVersion")
    return parameters_of(validate(scope, value_set, kind, codings), kind, sent)


def validate_in_code_system(asked: Asked) -> Resource:
    quick = _quickly(asked, "", "url")
    if quick is not None:
        return quick
    scope = asked.scope()
    kind, codings, sent = coded(asked.given, "url", "version")
    sent_system = first(asked.given, "codeSystem")
    if isinstance(sent_system, Mapping):
        system = compile_code_system(sent_system)
        scope.library = scope.library.under([sent_system])
        value_set = whole_system(system.url, system.version, system.header.value_set)
        codings = tuple(_of(each, system.url) for each in codings)
        return parameters_of(validate(scope, value_set, kind, codings), kind, sent)
    url = text(asked.given, "url") or (codings[0].system if codings else "")
    if not url:
        raise refused(400, "required", "A code system is named by url, or sent as codeSystem")
    version = text(asked.given, "version") or (codings[0].version if codings else "")
    unusable = _unusable(scope, kind, codings, url, version)
    if unusable is not None:
        return parameters_of(unusable, kind, sent)
    return parameters_of(validate(scope, _whole(scope, url, version), kind, codings), kind, sent)


def _of(coding: CodeOf, url: str) -> CodeOf:
    return CodeOf(coding.system or url, coding.code, coding.version, coding.display)


def _whole(scope: Scope, url: str, version: str) -> ValueSet:
    system = scope.code_system(url, version)
    assert system is not None, "it was looked for before"
    header = system.header
    return scope.library.remembered(
        ("whole", system), lambda: whole_system(url, header.version, header.value_set)
    )


def _unusable(
    scope: Scope, kind: Kind, codings: tuple[CodeOf, ...], url: str, version: str
) -> Validation | None:
    """What there is to say when the code system is not known, or only supplements another."""
    if scope.code_system(url, version) is not None:
        return None
    return validate(scope, whole_system(url, version), kind, codings)


def look_up_code(asked: Asked) -> Resource:
    scope = asked.scope()
    coding = one_coding(asked.given, "coding", "code", "version")
    return lookup_parameters(look_up(scope, coding))


def subsumed(asked: Asked) -> Resource:
    scope = asked.scope()
    a, b = (one_coding(asked.given, f"coding{n}", f"code{n}", "version") for n in "AB")
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": "outcome", "valueCode": subsumes(scope, a, b)}],
    }


def find_codes(asked: Asked) -> Resource:
    return matched(asked.scope(), asked.given)


def prefer_id(asked: Asked) -> Resource:
    """https://hl7.org/fhir/R4/namingsystem-operation-preferred-id.html"""
    name, kind = text(asked.given, "id"), text(asked.given, "type")
    if not name:
        raise refused(400, "required", "id names the system", "id")
    if kind not in KINDS:
        raise refused(400, "invalid", f"type is one of {', '.join(KINDS)}", "type")
    library = asked.library.under(resources(asked.given))
    found = preferred_id(library, name, kind)
    if found is None:
        raise refused(404, "not-found", f"No {kind} is known for {name[:256]}", "id")
    return {"resourceType": "Parameters", "parameter": [{"name": "result", "valueString": found}]}


def translate_code(asked: Asked) -> Resource:
    return translated(asked.library.under(resources(asked.given)), asked.given)


def validate_batch(asked: Asked) -> Resource:
    """Each `validation` is a request of its own; what stands beside them holds for all."""
    around = [each for each in asked.given if each[0] != "validation"]
    listed = []
    for name, value in asked.given:
        if name == "validation":
            own = given_of(value) if isinstance(value, dict) else []
            named = {each for each, _ in own}
            merged = [*own, *(each for each in around if each[0] not in named or each[0] == "tx-resource")]
            in_value_set = any(each in ("url", "valueSet") for each, _ in merged)
            operation = "validate-code" if in_value_set else "cs-validate-code"
            _, resource = answer(operation, replace(asked, given=merged))
            listed.append({"name": "validation", "resource": resource})
    return {"resourceType": "Parameters", "parameter": listed}


OPERATIONS: Final[Mapping[str, Callable[[Asked], Resource]]] = {
    "expand": expand_value_set,
    "validate-code": validate_in_value_set,
    "cs-validate-code": validate_in_code_system,
    "batch-validate": validate_batch,
    "lookup": look_up_code,
    "subsumes": subsumed,
    "find-matches": find_codes,
    "translate": translate_code,
    "preferred-id": prefer_id,
}


def answer(operation: str, asked: Asked) -> tuple[int, Resource]:
    """The status of HTTP and the resource; an OperationOutcome where the request cannot be answered."""
    try:
        require_supported(operation, asked.given)
        return 200, OPERATIONS[operation](asked)
    except Refusal as refusal:
        return refusal.status, outcome_of(refusal.issues)
    except UnusableDefinition as error:
        return 422, outcome_of(refused(422, "invalid", str(error)).issues)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        if not _brings_definitions(asked):
            raise
        text_ = f"The definitions that came with the request cannot be understood ({type(error).__name__})"
        return 422, outcome_of(refused(422, "structure", text_).issues)


def _brings_definitions(asked: Asked) -> bool:
    """Those that are stored were checked before."""
    return any(isinstance(value, dict) and "resourceType" in value for _, value in asked.given)
