"""What messages said of a stored version without changing it: said again, it need not be merged again. Pure.

A hospital repeats its departments, its staff and its visits in every message. Patients are left out: whoever
tells of one tells the patient index too.
"""

from collections.abc import Sequence
from typing import Final

from adapters.translation import Entry
from exchange.inbound.texts import Texts
from exchange.store.fetch import Stored

Reference = tuple[str, str]
Saying = tuple[Reference, int, object, bytes]

MOST: Final = 20_000
LARGEST: Final = 2_000


class Unchanged:
    """Remembers sayings; when there are too many, it begins anew."""

    def __init__(self) -> None:
        self._known: set[Saying] = set()

    def knows(self, saying: Saying | None) -> bool:
        """Whether it is known to change nothing."""
        return saying in self._known

    def note(self, saying: Saying | None) -> None:
        """It changed nothing."""
        if saying is None:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known.add(saying)


def saying_of(
    reference: Reference, entries: Sequence[Entry], stored: Stored | None, texts: Texts
) -> Saying | None:
    """What is said of which version; None where that is not to be remembered."""
    if stored is None or stored.body is None or reference[0] == "Patient":
        return None
    said = b"\n".join(
        b"%b %b %b" % (each.mode.encode(), "\t".join(each.deletions).encode(), texts.of(each.resource))
        for each in entries
    )
    return (reference, stored.version, stored.updated, said) if len(said) <= LARGEST else None
