"""Observations of vital signs conform to R4's profiles of them, whether they claim to or not.

https://hl7.org/fhir/R4/observation-vitalsigns.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from profiles.snapshot import CORE
from profiles.validator.context import Context
from profiles.validator.options import Level
from terminology.issue import Issue

# LOINC codes and the concept of SNOMED CT for the same → the profile.
PROFILES: Final[Mapping[tuple[str, str], str]] = {
    ("http://loinc.org", "85353-1"): "vitalspanel",
    ("http://loinc.org", "9279-1"): "resprate",
    ("http://loinc.org", "8867-4"): "heartrate",
    ("http://loinc.org", "2708-6"): "oxygensat",
    ("http://loinc.org", "8310-5"): "bodytemp",
    ("http://loinc.org", "8302-2"): "bodyheight",
    ("http://loinc.org", "9843-4"): "headcircum",
    ("http://loinc.org", "29463-7"): "bodyweight",
    ("http://loinc.org", "39156-5"): "bmi",
    ("http://loinc.org", "85354-9"): "bp",
    ("http://snomed.info/sct", "276885007"): "bodytemp",
}


def vital_sign(value: Mapping[str, Any], context: Context) -> Iterator[Issue]:
    """By the codes of the Observation."""
    if context.options.vital_signs == "ignore":
        return
    for coding in value.get("code", {}).get("coding", ()):
        name = PROFILES.get((coding.get("system"), coding.get("code")))
        if name:
            for issue in context.conforms(CORE + name, value):
                yield _told(issue, context.options.vital_signs)
            return


def _told(issue: Issue, level: Level) -> Issue:
    """An error only where the options want that: examples of R4 itself would have some."""
    return issue if issue.severity != "error" or level == "ignore" else replace(issue, severity=level)
