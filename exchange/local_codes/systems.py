"""The names of a hospital's own code systems, and of the concept maps from them.

https://hl7.org/fhir/R4/terminologies-systems.html
"""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5


@dataclass(frozen=True, slots=True)
class Systems:
    """`base` is what all of a deployment's own begin with, without a slash at its end."""

    base: str

    @property
    def prefix(self) -> str:
        """What every hospital's own code systems begin with, and no others."""
        return f"{self.base}/CodeSystem/"

    def is_local(self, system: str) -> bool:
        """`{base}/CodeSystem/{hospital}/{table}`"""
        return system.startswith(self.prefix) and system.count("/", len(self.prefix)) == 1

    def named(self, system: str) -> tuple[str, str]:
        """The hospital and the table of a local system."""
        hospital, _, table = system.removeprefix(self.prefix).partition("/")
        return hospital, table

    def map_of(self, system: str) -> str:
        """The URL of the concept map that a local system is translated by."""
        return f"{self.base}/ConceptMap/{system.removeprefix(self.prefix)}"

    def of_hospital(self, hospital: str) -> str:
        """What the systems of one hospital begin with."""
        return f"{self.prefix}{hospital}/"


def resource_id(canonical: str) -> str:
    """The id under which what has this URL (and version) is stored."""
    return str(uuid5(NAMESPACE_URL, canonical))
