"""Parameters that follow references: chains and `_has`.

https://hl7.org/fhir/R4/search.html#chaining
"""

from collections.abc import Callable, Iterable

from exchange.search.criteria import Asked, Search, criterion, reference_targets, targets_of
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.criterion import AnyOf, Chain, Criterion, Has, Patients, Targets
from exchange.search.query.query import SearchError
from exchange.search.query.tree import conjuncts, every
from exchange.search.query.values import refused
from exchange.search.query.words import PATHS, words
from exchange.search.value.token import salt

MAX_DEPTH = 10
# A chain through references to any type spreads: so many criteria may come of one parameter.
MAX_CRITERIA = 500


def any_criterion(search: Search, of: TypeParameters, name: str, value: str, depth: int = 0) -> Criterion:
    """The criterion of a parameter by its whole name, followed along its references."""
    if depth > MAX_DEPTH:
        raise refused(name, f"A chain may be {MAX_DEPTH} references long.", "too-costly")
    if name.startswith("_has:"):
        return _has(search, of, name, value, depth)
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    asked = Asked(name, modifier, value)
    if code in PATHS and not dot:
        if modifier:
            raise refused(name, f"{code} has no modifier :{modifier}.", "not-supported")
        if not search.full_text:
            raise refused(code, f"This hub does not index texts, so {code} finds nothing.", "not-supported")
        return words(code, value)
    if dot:
        return _chain(search, of, code, asked, rest, depth)
    return criterion(search, of, code, asked)


def _reference_parameter(search: Search, of: TypeParameters, code: str, name: str) -> Parameter:
    parameter = of.parameters.get(code)
    if parameter is None or parameter.type != "reference" or parameter.refusal:
        diagnostics = f"{of.resource_type} has no reference parameter {code}."
        raise refused(name, diagnostics, "not-supported")
    return parameter


def _salts(parameter: Parameter) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of the elements that hold references, and of those that hold canonical URLs."""
    literal = sorted({source.key for source in parameter.sources if source.data_type == "Reference"})
    by_url = sorted(parameter.keys.difference(literal))
    return tuple(map(salt, literal)), tuple(map(salt, by_url))


def _urls(targets: Iterable[TypeParameters]) -> tuple[int, ...]:
    """Where resources of these types say their canonical URL."""
    said = (target.parameters["url"] for target in targets if "url" in target.parameters)
    return tuple(sorted({salt(key) for parameter in said for key in parameter.keys}))


def _chain(search: Search, of: TypeParameters, code: str, asked: Asked, rest: str, depth: int) -> Criterion:
    named = rest.partition(".")[0].partition(":")[0]

    def within(target: TypeParameters) -> tuple[Criterion, ...]:
        return conjuncts(any_criterion(search, target, rest, asked.value, depth + 1))

    return follow(search, of, code, asked, {named}, within)


def follow(
    search: Search,
    of: TypeParameters,
    code: str,
    asked: Asked,
    needed: set[str],
    within: Callable[[TypeParameters], tuple[Criterion, ...]],
) -> Criterion:
    """The reference leads to a resource that fulfils the criteria `within` its type; only the types that have
    the parameters needed are looked at."""
    parameter = _reference_parameter(search, of, code, asked.name)
    following = [
        target
        for target in map(search.registry.of, reference_targets(search, parameter, asked))
        if all(name in target.parameters or name in _ANYWHERE for name in needed)
    ]
    if not following:
        diagnostics = f"Nothing that {code} refers to has a search parameter {' and '.join(sorted(needed))}."
        raise refused(asked.name, diagnostics, "not-supported")
    reached = _reached(search, asked, code, following, within)
    patients = [each for each in reached if each.resource_type == "Patient" and of.is_patient(parameter)]
    others = tuple(each for each in reached if each not in patients)
    found: list[Criterion] = [Patients((), of.several_patients, each) for each in patients]
    if others:
        salts, by_url = _salts(parameter)
        found.append(Chain(salts, others, by_url, _urls(following) if by_url else ()))
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _reached(
    search: Search,
    asked: Asked,
    code: str,
    following: list[TypeParameters],
    within: Callable[[TypeParameters], tuple[Criterion, ...]],
) -> list[Targets]:
    """The targets of each type. What makes no sense for a type leaves it out, as long as there are others."""
    found: list[Targets] = []
    errors: list[SearchError] = []
    size = 0
    for target in following:
        try:
            criteria = within(target)
        except SearchError as error:
            if error.issue.code == "too-costly":
                raise
            errors.append(error)
            continue
        found.append(targets_of(search, target.resource_type, criteria))
        size += sum(1 for _ in every(criteria))
        if size > MAX_CRITERIA:
            diagnostics = f"{asked.name} leads to too many types: name one, as in {code}:Patient."
            raise refused(asked.name, diagnostics, "too-costly")
    if not found:
        raise errors[0]
    return found


# What every type has without a definition that says so.
_ANYWHERE = frozenset(("_has", *PATHS))


def _has(search: Search, of: TypeParameters, name: str, value: str, depth: int) -> Criterion:
    parts = name.split(":", 3)
    if len(parts) < 4 or parts[1] not in search.registry.resource_types:
        raise refused(name, "_has needs a type, a reference and a parameter: _has:Observation:patient:code.")
    source = search.registry.of(parts[1])
    parameter = _reference_parameter(search, source, parts[2], name)
    if of.resource_type not in reference_targets(search, parameter, Asked(name, "", value)):
        raise refused(name, f"{parts[1]}.{parts[2]} never refers to {of.resource_type}.")
    inner = conjuncts(any_criterion(search, source, parts[3], value, depth + 1))
    salts, by_url = _salts(parameter)
    return Has(
        salts,
        targets_of(search, parts[1], inner),
        as_patient=of.resource_type == "Patient" and source.is_patient(parameter),
        several=source.several_patients,
        by_url=by_url,
        urls=_urls((of,)) if by_url else (),
    )
