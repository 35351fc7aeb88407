"""What a validation is asked to do beyond the standard's own rules.

https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from terminology.issue import Severity

Level = Literal["ignore"] | Severity

EXAMPLES = ("http://example.org", "https://example.org", "http://acme.com", "http://nema.org")


@dataclass(frozen=True, slots=True)
class Options:
    """
    profiles           canonicals that resources of a type must conform to: the hub's own rules
    entries            the same of a Bundle's entries, by type and place among those of the type: `Patient:0`
    best_practice      how a broken best-practice invariant is told
    unknown_profile    how a profile is told that a resource claims and nobody here knows
    unknown_extension  how an extension is told that nobody here knows
    extension_domains  beginnings of the URLs of extensions that need not be known
    references         whether the type and the profiles of what a reference leads to are looked at where that
                       is at hand, or the type that its text says as well, or it must be at hand (contained,
                       in the Bundle, or found by the resolver)
    forms              how URIs, UUIDs, OIDs and canonicals are told that lack the form of their kind: the
                       published examples of R4 have some
    displays           how a display is told that is not the one of its code: the packages at hand lack those
                       of other languages
    vital_signs        how an Observation is told that has the code of a vital sign and does not conform to
                       R4's profile of it, which it does not claim
    links              how a link in a narrative is told that leads nowhere: R4 has no rule of it, HL7's
                       validator calls it an error, and published examples of guides have some
    markup             how elements of a narrative are told that stand where HTML does not have them: each
                       narrative is read tag by tag for it
    html               how a string is told that looks like HTML
    contained          whether contained resources are validated
    aggregation        where the aggregation modes of references are looked at
    examples           whether URLs of example.org are taken for what they are, or refused
    language           of displays, as Accept-Language has it
    most               warnings and the like that are told; with as many errors beside them the walk ends
    """

    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    best_practice: Level = "warning"
    unknown_profile: Level = "warning"
    unknown_extension: Level = "information"
    extension_domains: tuple[str, ...] = EXAMPLES
    references: Literal["found", "type", "exists"] = "found"
    forms: Level = "warning"
    displays: Level = "warning"
    vital_signs: Level = "warning"
    links: Level = "warning"
    markup: Level = "ignore"
    html: Level = "ignore"
    contained: Literal["validate", "ignore"] = "validate"
    aggregation: Literal["bundles", "everywhere"] = "bundles"
    examples: Literal["allow", "refuse"] = "allow"
    language: str = ""
    most: int = 500
