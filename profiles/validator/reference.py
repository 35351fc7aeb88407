"""References: where they lead, whether that is of a right type, and by which profiles.

https://hl7.org/fhir/R4/references.html
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from profiles.snapshot import CORE
from profiles.validator.at import At
from profiles.validator.bundle_index import RESTFUL
from profiles.validator.run import Run
from profiles.validator.scope import Resolved
from terminology.issue import Issue

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Check = Callable[[Any, At, Run], None]
_MODES: Final = {"contained": "contained", "bundled": "bundled", "elsewhere": "referenced"}
_ANY: Final = frozenset(("Resource", "DomainResource"))


def reference_check(given: Mapping[str, Any], validator: "Validator") -> Check:
    """Of a type that an element may have: `targetProfile` and `aggregation` are looked at."""
    targets = tuple(given.get("targetProfile", ()))
    aggregation = frozenset(given.get("aggregation", ()))
    types = _types(targets, validator)
    profiles = tuple(one for one in targets if not _is_type(one))
    plain = not aggregation and not profiles

    def check(value: Any, at: At, run: Run) -> None:
        text = value.get("reference")
        if text is None:
            return
        if plain and "type" not in value and _is_plain(text, types, run):
            return
        found = run.resolve(text)
        _resolves(text, found, at, run)
        if aggregation:
            _aggregated(text, found, aggregation, at, run)
        of_type = _of_type(text, found, types, at, run)
        _says_type(value, found, at, run)
        if found is not None and profiles and of_type:
            _conforms(text, found, targets, at, run)

    return check


def _is_plain(text: str, types: frozenset[str] | None, run: Run) -> bool:
    """Whether the text alone says that there is nothing to look at: most references are so."""
    kind, slash, _ = text.partition("/")
    scope, how = run.scope, run.options.references
    if not slash or how == "exists" or scope is None or scope.bundle is not None:
        return False
    if types is None or kind in types:
        return True
    return how == "found" and run.validator.resolve_reference is None


def _types(targets: tuple[str, ...], validator: "Validator") -> frozenset[str] | None:
    """The names of the types that may be referred to; None: any."""
    names = set()
    for target in targets:
        if _is_type(target):
            names.add(target.removeprefix(CORE))
            continue
        structure = validator.structure(target)
        if structure is None:
            return None
        names.add(structure["type"])
    return frozenset(names) if names and not names & _ANY else None


def _is_type(canonical: str) -> bool:
    name = canonical.removeprefix(CORE)
    return name != canonical and name[:1].isupper() and name.isalpha()


def _resolves(text: str, found: Resolved | None, at: At, run: Run) -> None:
    """A contained resource must be there; another one, if the options ask for it."""
    if found is not None:
        return
    if text.startswith("#"):
        run.report("error", "structure", f"There is no contained resource {text}", at, "reference-contained")
    elif run.scope is not None and run.scope.bundle is not None and _ambiguous(text, at, run):
        return
    elif run.options.references == "exists" and RESTFUL.fullmatch(text.partition("#")[0]):
        run.report("error", "structure", f"The reference {text} leads to nothing", at, "reference-exists")


def _ambiguous(text: str, at: At, run: Run) -> bool:
    """Entries of the same type and id that the standard's rules do not lead to."""
    bundle = run.scope.bundle if run.scope is not None else None
    alike = bundle.alike(text) if bundle is not None else []
    for entry in alike:
        says = f"{text} does not lead to the entry {entry.full_url}, whose resource has this type and id"
        run.report("warning", "required", says, at, "reference-full-url")
    return bool(alike)


def _of_type(text: str, found: Resolved | None, types: frozenset[str] | None, at: At, run: Run) -> bool:
    if types is None:
        return True
    if found is not None:
        kind = str(found.resource.get("resourceType"))
    elif run.options.references == "found":
        return True
    else:
        match = RESTFUL.fullmatch(text.partition("#")[0])
        kind = match[2] if match else ""
    if not kind or kind in types or kind not in run.validator.definitions.resource_types:
        return True
    allowed = ", ".join(sorted(types))
    run.report("error", "structure", f"{text} is of type {kind}, not {allowed}", at, "reference-type")
    return False


def _says_type(value: Mapping[str, Any], found: Resolved | None, at: At, run: Run) -> None:
    """Reference.type is that of what the reference leads to, or of what its text says."""
    said, match = value.get("type"), RESTFUL.fullmatch(value["reference"].partition("#")[0])
    kind = found.resource.get("resourceType") if found is not None else match[2] if match else None
    if said and kind in run.validator.definitions.resource_types and said.removeprefix(CORE) != kind:
        says = f"The reference says that it leads to a resource of type {said}, and leads to {kind}"
        run.report("error", "structure", says, at, "reference-says-type")


def _aggregated(text: str, found: Resolved | None, modes: frozenset[str], at: At, run: Run) -> None:
    scope = run.scope
    in_bundle = scope is not None and scope.bundle is not None
    if not in_bundle and run.options.aggregation == "bundles" and not text.startswith("#"):
        return
    mode = _MODES[found.place] if found is not None else "referenced"
    if mode not in modes:
        allowed = ", ".join(sorted(modes))
        says = f"The reference is {mode}; what it refers to must be {allowed}"
        run.report("error", "structure", says, at, "reference-aggregation")


def _conforms(text: str, found: Resolved, targets: tuple[str, ...], at: At, run: Run) -> None:
    """One of the profiles at least; a type itself is one that every resource of it conforms to."""
    kind = found.resource.get("resourceType")
    if CORE + str(kind) in targets:
        return
    fitting = [one for one in targets if run.validator.type_of(one) == kind]
    for target in fitting:
        issues = run.trial(target, found.resource, found.at or at, found.scope)
        if not any(_is_error(issue) for issue in issues):
            return
    if fitting:
        says = f"What {text} refers to conforms to none of {', '.join(fitting)}"
        run.report("error", "structure", says, at, "reference-profile")


def _is_error(issue: Issue) -> bool:
    return issue.severity in ("error", "fatal")
