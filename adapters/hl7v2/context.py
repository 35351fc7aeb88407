"""What a data-type function may know besides its value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from adapters.hospitals.hospital import Hospital
from adapters.mapping.rows import Vocabulary


@dataclass(frozen=True, slots=True)
class Context:
    """The hospital that speaks, the zone of its times without an offset, and the vocabularies of its maps."""

    hospital: Hospital
    zone: tzinfo
    vocabularies: Mapping[str, Vocabulary]

    def word(self, vocabulary: str, code: str) -> str:
        """What a code means in a vocabulary; "" if nothing."""
        words = self.vocabularies.get(vocabulary)
        meaning = words.get(code) if words else None
        return meaning.code if meaning else ""
