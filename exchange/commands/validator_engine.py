"""Our validator as the judge of HL7's cases takes it, with a terminology server's recorded answers."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from conformance.recorded_terminology import RecordedTerminology
from conformance.validator_cases import Case, Step
from conformance.validator_outcome import Found
from exchange.commands.package_shelf import PackageShelf
from exchange.commands.recorded_codes import RecordedCodes
from exchange.fhirjson import dumps, loads
from exchange.validation.text import Told, read_text
from exchange.xml import loads as xml_loads
from profiles.definitions import Definitions, definitions
from profiles.packages.canonicals import Canonicals
from profiles.packages.package import Package
from profiles.validator import Options, Validator
from profiles.validator.options import EXAMPLES, Level
from profiles.validator.special import RULES
from terminology.issue import Issue

Resource = dict[str, Any]
ALWAYS: Final = "hl7.fhir.uv.extensions.r4"
# The Java validator always has the extensions of HL7's tools as well, which no registry's package here has.
TOOLS: Final = "http://hl7.org/fhir/tools/StructureDefinition/"


_LEVELS: Final[Mapping[str, Level]] = {"hint": "information", "warning": "warning", "error": "error"}


class ValidatorEngine:
    """Each case gets a validator that knows R4, the packages and the files that it names."""

    def __init__(self, shelf: PackageShelf, recorded: RecordedTerminology | None) -> None:
        self._shelf = shelf
        self._recorded = recorded

    @cached_property
    def _r4(self) -> Definitions:
        """R4 with the pack of extensions, which the Java validator always loads."""
        extensions = self._shelf.find(ALWAYS)
        return definitions().and_packages(extensions) if extensions else definitions()

    def __call__(self, case: Case, step: Step) -> Sequence[Found]:
        text = read_text(case.source, definitions())
        if text.resource is None:
            return [_found(told) for told in text.told_faults()]
        validator = self._validator(case, step, self._known(case, step))
        profiles = [_profile(case, step)] if step.profile else []
        issues = validator.validate(text.resource, profiles)
        return [_found(told) for told in text.told(advised(case, issues))]

    def _known(self, case: Case, step: Step) -> Canonicals:
        later = case.flags.get("supporting5", ())
        files = (
            *case.supporting,
            *later,
            *step.supporting,
            *((step.profile,) if _is_file(step.profile) else ()),
        )
        given = package_of_files(case, files)
        packages = [found for name in case.packages if (found := self._shelf.find(name, case.folder))]
        return self._r4.canonicals.and_packages(*packages, given)

    def _validator(self, case: Case, step: Step, known: Canonicals) -> Validator:
        return Validator(
            self._r4,
            _options(case, step),
            find=partial(find, known),
            codes=RecordedCodes(self._recorded, known) if self._recorded else None,
            resolve_reference=Beside(case.folder),
            rules=RULES,
        )


def find(known: Canonicals, canonical: str) -> Resource | None:
    """A definition, with its snapshot if it has one; in default of a version, the latest."""
    bare = canonical.partition("|")[0]
    return (
        known.structure(canonical)
        or known.structure(bare)
        or known.resource(canonical)
        or known.resource(bare)
    )


class Beside:
    """The resource that a reference leads to, if the folder has it under its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, reference: str) -> Resource | None:
        name = reference.rpartition("/")[2]
        for suffix in (".xml", ".json"):
            file = self._folder / f"{name}{suffix}"
            if name and file.is_file():
                return read(file.read_bytes())
        return None


def read(raw: bytes) -> Resource:
    """A resource in JSON or XML."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    return xml_loads(raw, definitions()) if raw.lstrip()[:1] == b"<" else loads(raw)


def package_of_files(case: Case, names: Sequence[str]) -> Package:
    """The files that a case names, as a package; of a Bundle its entries."""
    resources = [one for name in names for one in _entries(read(case.read(name)))]
    files = {f"{number}.json": dumps(one) for number, one in enumerate(resources)}
    return Package({"package.json": b"{}", **files})


def _entries(resource: Resource) -> Iterator[Resource]:
    if resource.get("resourceType") == "Bundle":
        yield from (entry["resource"] for entry in resource.get("entry", ()) if "resource" in entry)
    else:
        yield resource


def _is_file(profile: str) -> bool:
    return bool(profile) and "://" not in profile


def _profile(case: Case, step: Step) -> str:
    """The canonical of the profile of a step."""
    if not _is_file(step.profile):
        return step.profile
    return str(read(case.read(step.profile)).get("url", ""))


def _options(case: Case, step: Step) -> Options:
    flags = case.flags
    allowed = flags.get("allowed-extension-domain", ())
    domains = [allowed] if isinstance(allowed, str) else [*allowed]
    domains += [TOOLS, *flags.get("allowed-extension-domains", ())]
    return Options(
        profiles=global_profiles(read(case.read(name)) for name in case.supporting),
        best_practice=_LEVELS.get(str(flags.get("best-practice", "ignore")).lower(), "ignore"),
        unknown_extension="error",
        extension_domains=(*EXAMPLES, *domains),
        references=_references(case, step),
        forms="error",
        displays="error",
        vital_signs="error",
        links="error",
        markup="error",
        html="error" if flags.get("security-checks") else "ignore",
        entries=_of_entries(flags.get("bundle-param", {})),
        contained="ignore" if flags.get("validateContains") == "IGNORE" else "validate",
        aggregation="everywhere" if flags.get("enforceAggregationOutsideBundles", False) else "bundles",
        examples="allow" if flags.get("examples", True) else "refuse",
        language=flags.get("language", ""),
    )


def _of_entries(given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {given["rule"]: (given["profile"],)} if "rule" in given else {}


def _references(case: Case, step: Step) -> Any:
    """References are looked at as far as a case asks for it."""
    if case.flags.get("validateReference") == "CHECK_EXISTS_AND_TYPE":
        return "exists"
    return "type" if step.assume_rest else "found"


def _found(told: Told) -> Found:
    issue, line = told.issue, told.place.line if told.place else 0
    return Found(issue.severity, issue.code, issue.expression, issue.diagnostics, line)


def global_profiles(resources: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """What ImplementationGuides ask of every resource of a type."""
    found: dict[str, tuple[str, ...]] = {}
    for resource in resources:
        if resource.get("resourceType") == "ImplementationGuide":
            for one in resource.get("global", ()):
                found[one["type"]] = (*found.get(one["type"], ()), one["profile"])
    return found


def advised(case: Case, issues: Iterable[Issue]) -> Iterator[Issue]:
    """Without what an advisor file suppresses, and markdown's tags as the case wants them."""
    advisor = case.flags.get("advisor")
    suppressed = json.loads(case.read(advisor)).get("suppress", ()) if advisor else ()
    places = {rule.partition("@")[2] for rule in suppressed}
    alone = case.flags.get("validateContains") == "IGNORE"
    for issue in issues:
        if issue.expression in places or (alone and ".contained[" in issue.expression):
            continue
        grave = issue.message_id == "markdown-html" and case.flags.get("noHtmlInMarkdown")
        yield replace(issue, severity="error") if grave else issue
