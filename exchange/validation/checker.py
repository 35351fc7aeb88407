"""A validator with everything that travels with the product, and packages and resources beside it.

https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from exchange.fhirjson import dumps
from exchange.validation.outcome import outcome
from exchange.validation.text import Told, read_text
from profiles.cn.structures import BASE
from profiles.definitions import definitions
from profiles.packages.canonicals import Canonicals
from profiles.packages.package import Package
from profiles.validator import Options, ResolveReference, Validator
from profiles.validator.special import RULES
from terminology.code_check import CodeValidation
from terminology.issue import Issue

Resource = dict[str, Any]


def new_validator(
    packages: Sequence[Package] = (),
    options: Options = Options(),
    resolve_reference: ResolveReference | None = None,
    codes: CodeValidation | None = None,
) -> Validator:
    """Of R4, the packages and the hub's own profiles."""
    known = definitions().canonicals.and_packages(*packages) if packages else definitions().canonicals

    def find(canonical: str) -> Mapping[str, Any] | None:
        held = found(known, canonical)
        return found(_own(), canonical) if held is None and canonical.startswith(BASE) else held

    return Validator(
        definitions(), options, find=find, codes=codes, resolve_reference=resolve_reference, rules=RULES
    )


@cache
def _own() -> Canonicals:
    """The hub's own profiles, made when one of them is first named."""
    from profiles.cn.package import own_package  # it reads many sources

    return definitions().canonicals.and_packages(own_package())


def found(known: Canonicals, canonical: str) -> Resource | None:
    """A definition, of a structure its snapshot too; in default of a version, the latest."""
    bare = canonical.partition("|")[0]
    for name in dict.fromkeys((canonical, bare)):
        held = known.structure(name) or known.resource(name)
        if held is not None:
            return held
    return None


def package_of_resources(resources: Iterable[Mapping[str, Any]]) -> Package:
    """Numbers keep their digits."""
    files = {f"{number}.json": dumps(resource) for number, resource in enumerate(resources)}
    return Package({"package.json": b"{}", **files})


def told(validator: Validator, raw: bytes, profiles: Sequence[str] = ()) -> Sequence[Told]:
    """What is wrong with a text, with line and column."""
    text = read_text(raw, definitions())
    if text.resource is None:
        return text.told_faults()
    return text.told(validator.validate(text.resource, profiles))


def judged(validator: Validator, raw: bytes, profiles: Sequence[str] = ()) -> Resource:
    """The same, as an OperationOutcome."""
    return outcome(told(validator, raw, profiles))


def has_errors(issues: Iterable[Issue]) -> bool:
    return any(issue.severity in ("fatal", "error") for issue in issues)
