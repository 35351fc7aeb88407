"""A running hub's validator, and what it lets be stored; it follows the definitions that are stored.

https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import asyncpg

from exchange.fhirjson import loads
from exchange.following import following
from exchange.outcome import FhirError, rejection
from exchange.validation.checker import has_errors, new_validator, package_of_resources
from exchange.validation.policy import Policy
from exchange.validation.stored import State, state, stored_definitions
from profiles.packages.package import Package
from profiles.validator import Options, Validator
from terminology.code_check import CodeValidation
from terminology.issue import Issue

Resource = dict[str, Any]
SYSTEM: Final = "https://yilian.example/fhir/CodeSystem/validation"
INVALID: Final = {"system": SYSTEM, "code": "invalid", "display": "Stored although it breaks a rule"}


class Validation:
    """The validator is made when it is first asked for, and anew when the stored definitions change."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        policy: Policy,
        codes: CodeValidation | None = None,
        packages: Sequence[Package] = (),
    ) -> None:
        """What is stored comes after the packages."""
        self._pool = pool
        self._packages = packages
        self.policy = policy
        self._codes = codes
        self._state: State | None = None
        self._definitions: Sequence[Resource] = ()
        self._validator: Validator | None = None

    @property
    def validator(self) -> Validator:
        if self._validator is None:
            stored = [package_of_resources(self._definitions)] if self._definitions else []
            self._validator = new_validator(
                [*self._packages, *stored], Options(profiles=self.policy.profiles), codes=self._codes
            )
        return self._validator

    async def refresh(self) -> Validator:
        """The validator that knows what is stored now."""
        async with self._pool.acquire() as connection:
            current = await state(connection)
            if current != self._state:
                self._definitions = await stored_definitions(connection) if current.held else ()
                self._state, self._validator = current, None
        return self.validator

    def admitted(self, resource: Resource) -> Resource:
        """The resource as it may be stored: tagged, where it breaks a rule and the policy is to warn; without
        the tag, where it is right now. Raises FhirError where the policy is to reject."""
        rule = self.policy.of(resource["resourceType"])
        if rule.level == "structure":
            return resource
        issues = self.validator.validate(resource)
        if rule.level == "reject" and (error := _refusal(issues)):
            raise error
        return marked(resource, is_invalid=has_errors(issues))

    def remarks(self, body: bytes) -> list[Issue]:
        """What is to be said of a resource that has been stored, where more than structure is looked at."""
        if not self.policy.is_active or not body:
            return []
        resource = loads(body)
        if self.policy.of(resource["resourceType"]).level == "structure":
            return []
        return [replace(issue, severity=_softened(issue)) for issue in self.validator.validate(resource)]


def marked(resource: Resource, *, is_invalid: bool) -> Resource:
    """With the tag or without it; the same object if it need not change."""
    meta = resource.get("meta", {})
    tags = meta.get("tag", [])
    others = [tag for tag in tags if (tag.get("system"), tag.get("code")) != (SYSTEM, INVALID["code"])]
    wanted = [*others, INVALID] if is_invalid else others
    if len(wanted) == len(tags) and is_invalid == (len(others) < len(tags)):
        return resource
    rest = {name: value for name, value in meta.items() if name != "tag"}
    kept = rest | {"tag": wanted} if wanted else rest
    without = {name: value for name, value in resource.items() if name != "meta"}
    return without | {"meta": kept} if kept else without


def _refusal(issues: Sequence[Issue]) -> FhirError | None:
    """422: what is refused here has R4's structure."""
    error = rejection(issues)
    return FhirError.of("rule", error.issues) if error else None


def _softened(issue: Issue) -> Any:
    """What is stored is no error of the request."""
    return "warning" if issue.severity in ("fatal", "error") else issue.severity


@asynccontextmanager
async def kept_validation(
    pool: asyncpg.Pool,
    policy: Policy,
    codes: CodeValidation | None = None,
    packages: Sequence[Package] = (),
) -> AsyncIterator[Validation]:
    """Up to date, where the policy needs it, and kept so meanwhile."""
    validation = Validation(pool, policy, codes, packages)
    if not policy.is_active:
        yield validation
        return
    await validation.refresh()
    async with following(validation.refresh, "definitions"):
        yield validation
