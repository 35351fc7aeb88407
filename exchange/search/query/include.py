"""`_include` and `_revinclude`: from the words of a request to the references that are followed.

https://hl7.org/fhir/R4/search.html#include
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from exchange.search.criteria import Asked, Search, reference_targets
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.query import Inclusion
from exchange.search.query.values import refused
from exchange.search.value.token import salt

NAMES = ("_include", "_revinclude")
# `:recurse` is what STU3 called it, and R4 still lists it.
_ITERATING = ("iterate", "recurse")


def is_inclusion(name: str) -> bool:
    return name.partition(":")[0] in NAMES


def inclusions(search: Search, of: TypeParameters, name: str, value: str) -> tuple[Inclusion, ...]:
    """`Observation:subject`, `Observation:subject:Patient`, `Observation:*`, `*`."""
    bare, _, modifier = name.partition(":")
    if modifier and modifier not in _ITERATING:
        raise refused(name, f"{bare} has the modifier :iterate and no other.", "not-supported")
    reverse, iterate = bare == "_revinclude", bool(modifier)
    source, parameter, target = _parts(search, name, value)
    if target and target not in search.registry.resource_types:
        raise refused(name, f"R4 has no resource type {target}.")
    if not reverse and not iterate and source not in ("*", of.resource_type):
        raise refused(
            name, f"{name} starts at {of.resource_type}; {name}:iterate starts at what is included."
        )
    if reverse and not iterate and target not in ("", of.resource_type):
        raise refused(name, f"A search of {of.resource_type} has no {target} for {name} to lead to.")
    towards = target or (of.resource_type if reverse and not iterate else "")
    if parameter != "*":
        found = [_one(search, search.registry.of(source), name, parameter, towards, reverse)]
    else:
        sources = [source] if source != "*" else _sources(search, of, everywhere=reverse or iterate)
        found = _together(_every(search, sources, name, towards, reverse))
    return tuple(replace(each, iterate=iterate, named=parameter != "*") for each in found)


def _parts(search: Search, name: str, value: str) -> tuple[str, str, str]:
    parts = (*value.split(":"), "", "")
    source, parameter, target = parts[:3]
    if source == "*" and not parameter:
        return "*", "*", ""
    if len(parts) > 5 or not parameter or (source not in search.registry.resource_types):
        raise refused(name, f"{name} needs Type:parameter, Type:parameter:TargetType, Type:* or *.")
    return source, parameter, target


def _sources(search: Search, of: TypeParameters, *, everywhere: bool) -> Iterable[str]:
    return sorted(search.registry.resource_types) if everywhere else (of.resource_type,)


def _one(
    search: Search, source: TypeParameters, name: str, code: str, target: str, reverse: bool
) -> Inclusion:
    parameter = source.parameters.get(code)
    if parameter is None or parameter.type != "reference" or parameter.refusal:
        raise refused(name, f"{source.resource_type} has no reference parameter {code}.", "not-supported")
    targets = reference_targets(search, parameter, Asked(name, "", ""))
    if target and target not in targets:
        raise refused(name, f"{source.resource_type}.{code} never refers to {target}.")
    return _made(search, source, [parameter], (target,) if target else targets, reverse)


def _every(
    search: Search, sources: Iterable[str], name: str, target: str, reverse: bool
) -> Iterator[Inclusion]:
    """All reference parameters of each type, as far as they may name the target."""
    for resource_type in sources:
        source = search.registry.of(resource_type)
        following: list[Parameter] = []
        types: set[str] = set()
        for parameter in source.parameters.values():
            if parameter.type != "reference" or parameter.refusal:
                continue
            targets = reference_targets(search, parameter, Asked(name, "", ""))
            if not target or target in targets:
                following.append(parameter)
                types.update((target,) if target else targets)
        if following:
            yield _made(search, source, following, tuple(sorted(types)), reverse)


def _together(each: Iterable[Inclusion]) -> list[Inclusion]:
    """One for all types that are found by their patient, one for all others: a wildcard names hundreds."""
    groups: dict[bool, list[Inclusion]] = {}
    for one in each:
        groups.setdefault(one.as_patient, []).append(one)
    return [
        replace(
            group[0],
            source_types=tuple(name for one in group for name in one.source_types),
            salts=_union(one.salts for one in group),
            target_types=tuple(sorted({name for one in group for name in one.target_types})),
            by_url=_union(one.by_url for one in group),
            urls=_union(one.urls for one in group),
        )
        for group in groups.values()
    ]


def _union(parts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted({salt for part in parts for salt in part}))


def _made(
    search: Search,
    source: TypeParameters,
    parameters: list[Parameter],
    targets: tuple[str, ...],
    reverse: bool,
) -> Inclusion:
    by_patient = reverse and "Patient" in targets
    led = [each for each in parameters if by_patient and source.is_patient(each)]
    others = [each for each in parameters if each not in led or targets != ("Patient",)]
    sources = {each for parameter in others for each in parameter.sources}
    by_url = {each.key for each in sources if each.data_type != "Reference"}
    return Inclusion(
        (source.resource_type,),
        tuple(salt(key) for key in sorted({each.key for each in sources})),
        targets,
        as_patient=bool(led),
        reverse=reverse,
        by_url=tuple(salt(key) for key in sorted(by_url)),
        urls=_urls(search, targets) if by_url else (),
    )


def _urls(search: Search, targets: Iterable[str]) -> tuple[int, ...]:
    """Where the targets say the URL that a canonical names them by."""
    named = (search.registry.of(target).parameters.get("url") for target in targets)
    return tuple(sorted({salt(key) for each in named if each is not None for key in each.keys}))


def open_types(search: Search, inclusions: Iterable[Inclusion]) -> tuple[str, ...]:
    """The types among the included that are in no patient's compartment: anybody may see them."""
    found: set[str] = set()
    for each in inclusions:
        found.update(each.source_types if each.reverse else each.target_types)
    return tuple(sorted(found - search.registry.compartment_types))
