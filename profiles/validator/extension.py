"""Extensions: known, where they may stand, and what their definitions ask.

https://hl7.org/fhir/R4/extensibility.html
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from profiles.fhirpath import FhirPathError, compile_expression
from profiles.fhirpath.types import model
from profiles.snapshot import CORE
from profiles.validator.at import At
from profiles.validator.canonical_types import ABSTRACT, CANONICAL_TYPES
from profiles.validator.options import EXAMPLES
from profiles.validator.run import Run

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

# Where R4's own definitions have extensions that may not stand there by their contexts.
_ELSEWHERE: Final[Mapping[str, tuple[Mapping[str, str], ...]]] = {
    f"{CORE}structuredefinition-normative-version": ({"type": "element", "expression": "ElementDefinition"},),
    f"{CORE}regex": ({"type": "element", "expression": "ElementDefinition.type"},),
    f"{CORE}structuredefinition-fhir-type": ({"type": "element", "expression": "ElementDefinition.type"},),
}
_ANYWHERE = frozenset(("Element", "Any", "*"))


def check_extension(value: Mapping[str, Any], at: At, run: Run) -> None:
    """One extension. The relative URLs of what is in another extension are that one's to judge."""
    url = value.get("url", "")
    if ":" not in url:
        return
    structure = run.validator.structure(url)
    is_modifier = at[1].path == "modifierExtension"
    if structure is None or structure.get("type") != "Extension":
        _unknown(url, at, run, is_modifier=is_modifier)
        return
    owner = at[0]
    if owner is not None and not _is_allowed(structure, owner, run):
        allowed = ", ".join(str(one.get("expression")) for one in structure.get("context", ()))
        says = f"The extension {url} is not allowed here, but in {allowed}"
        run.report("error", "structure", says, owner, "extension-context")
    elif owner is not None:
        _invariants(structure, owner, run)
    if run.validator.is_modifier(url) != is_modifier:
        says = f"The extension {url} {'is no' if is_modifier else 'is a'} modifier"
        run.report("error", "structure", says, at, "extension-modifier")
    run.validator.conform(url, value, at, run)


def _unknown(url: str, at: At, run: Run, *, is_modifier: bool) -> None:
    if url.startswith(run.options.extension_domains) and not _is_refused(url, run):
        return
    if is_modifier:
        says = f"The modifier extension {url} is not known, so the resource cannot be understood"
        run.report("error", "structure", says, at, "modifier-unknown")
        return
    level = run.options.unknown_extension
    if level != "ignore":
        run.report(level, "structure", f"The extension {url} is not known", at, "extension-unknown")


def _is_refused(url: str, run: Run) -> bool:
    return run.options.examples == "refuse" and url.startswith(EXAMPLES)


def _is_allowed(structure: Mapping[str, Any], owner: At, run: Run) -> bool:
    contexts = (*structure.get("context", ()), *_ELSEWHERE.get(structure.get("url", ""), ()))
    if not contexts:
        return True
    names = run.validator.places(owner)
    for context in contexts:
        expression = str(context.get("expression", "")).partition("#")[2] or str(
            context.get("expression", "")
        )
        match context.get("type"):
            case "element":
                if expression in names:
                    return True
            case "extension":
                if context.get("expression") in _urls_of(owner, run):
                    return True
            case _:
                if _is_selected(str(context.get("expression", "")), owner, run):
                    return True
    return False


class Places:
    """Every name of a place where an extension stands: by its element's type, and by the paths there."""

    def __init__(self, validator: "Validator") -> None:
        self._validator = validator
        self._known: dict[tuple[str, ...], frozenset[str]] = {}

    def __call__(self, owner: At) -> frozenset[str]:
        types = self._validator.definitions.resource_types
        key: list[str] = []
        place: At | None = owner
        while place is not None:
            step = place[1]
            key += step.path, step.home
            place = place[0] if step.home not in types else None
        found = self._known.get(tuple(key))
        if found is None:
            found = self._known[tuple(key)] = _ANYWHERE | set(_places(owner, self._validator))
        return found


def _places(owner: At, validator: "Validator") -> Iterator[str]:
    names: list[str] = []
    place: At | None = owner
    while place is not None:
        home = place[1].home
        path = ".".join((home, *reversed(names)))
        yield path
        yield path.replace("[x]", "")
        type_ = model(validator.definitions).type(home)
        if type_ is not None:
            for name in type_.ancestors:
                yield ".".join((name, *reversed(names)))
        if home in CANONICAL_TYPES:
            yield from (".".join((name, *reversed(names))) for name in ABSTRACT)
        if home in validator.definitions.resource_types:
            return
        names.append(place[1].path)
        place = place[0]


def _urls_of(owner: At, run: Run) -> Iterator[str]:
    """Of the extension that contains another: in itself, or in its value."""
    for place in (owner, owner[0]):
        if run.scope is not None and place is not None and place[1].home == "Extension":
            found = value_at(place, run.scope.resource, run.scope.at)
            if isinstance(found, Mapping) and "url" in found:
                yield str(found["url"])


def value_at(at: At, resource: Mapping[str, Any], root: At) -> Any:
    """The value at a place in a resource, of which the place is known."""
    steps: list[At] = []
    place: At | None = at
    while place is not None and place is not root:
        steps.append(place)
        place = place[0]
    value: Any = resource
    for _, step, index in reversed(steps):
        value = value.get(step.json, {}) if isinstance(value, Mapping) else {}
        value = value[index] if index is not None and isinstance(value, list) else value
    return value


def _is_selected(expression: str, owner: At, run: Run) -> bool:
    """A FHIRPath context: of the elements that it selects in the resource."""
    scope = run.scope
    if scope is None:
        return True
    wanted = value_at(owner, scope.resource, scope.at)
    try:
        found = run.validator.expression(expression).nodes(scope.resource, scope.environment)
    except FhirPathError:
        return True
    return any(getattr(one, "value", one) is wanted for one in found)


def _invariants(structure: Mapping[str, Any], owner: At, run: Run) -> None:
    """contextInvariant: asked of the element that has the extension."""
    scope = run.scope
    for text in structure.get("contextInvariant", ()):
        if scope is None:
            return
        value = value_at(owner, scope.resource, scope.at)
        try:
            holds = compile_expression(text, run.validator.definitions, owner[1].home).truth(
                value, scope.environment
            )
        except FhirPathError:
            continue
        if holds is False:
            says = f"The extension {structure.get('url')} is not allowed here: {text}"
            run.report("error", "structure", says, owner, "extension-invariant")
