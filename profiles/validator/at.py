"""Where in a resource a check stands: a chain of steps, put into words only when there is an issue.

https://hl7.org/fhir/R4/fhirpath.html
"""

from typing import NamedTuple, Optional, TypeAlias


class Step(NamedTuple):
    """From an object to the value of one of its elements.

    text  as FHIRPath names it: `.name`, `.value.ofType(Quantity)`
    path  as the definitions name it: `name`, `value[x]`
    json  as JSON names it: `name`, `valueQuantity`
    home  the type, or the path, whose elements the value has: `HumanName`, `Patient.contact`; for a resource
          `Resource`, whatever its type
    """

    text: str
    path: str
    json: str
    home: str


At: TypeAlias = tuple[Optional["At"], Step, int | None]
"""The parent, the step from there, and the index if the element repeats."""


def root(name: str) -> At:
    """Where a resource of this type begins."""
    return (None, Step(name, name, name, name), None)


def steps(at: At) -> list[At]:
    """From the root."""
    chain = []
    place: At | None = at
    while place is not None:
        chain.append(place)
        place = place[0]
    return chain[::-1]


def expression(at: At) -> str:
    """`Patient.name[0].given[1]`"""
    return "".join(step.text if index is None else f"{step.text}[{index}]" for _, step, index in steps(at))


CONTAINED = Step(".contained", "contained", "contained", "Resource")
ENTRY = Step(".entry", "entry", "entry", "Bundle.entry")
ENTRY_RESOURCE = Step(".resource", "resource", "resource", "Resource")
PARAMETER = Step(".parameter", "parameter", "parameter", "Parameters.parameter")
PART = Step(".part", "part", "part", "Parameters.parameter")
META = Step(".meta", "meta", "meta", "Meta")
META_PROFILE = Step(".profile", "profile", "profile", "canonical")
