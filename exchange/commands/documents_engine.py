"""Our translator of documents, as their judge takes it."""

from adapters.merge import merged
from adapters.trees.parse import XmlError, parse
from conformance.v2_pairs import Translated
from exchange.commands.translating import translated, translation_rules
from exchange.commands.v2_engine import V2Engine
from exchange.settings import Settings


class DocumentsEngine(V2Engine):
    """Judges what it makes as `V2Engine` does."""

    def __init__(self) -> None:
        super().__init__()
        self._documents = translation_rules(Settings(), None)

    def translate(self, raw: bytes) -> Translated:
        made = translated(self._documents, raw, "document")
        return Translated(
            resources=[merged(None, entry) for entry in made.entries],
            refused=[each.diagnostics for each in made.issues if each.severity in ("error", "fatal")],
            leaves=_leaves(raw),
            mapped=made.coverage.mapped,
            ignored=made.coverage.ignored,
            residue=[each.path for each in made.residue],
        )


def _leaves(raw: bytes) -> list[tuple[str, str]]:
    """Every attribute and text, with its address."""
    try:
        tree = parse(raw)
    except XmlError:
        return []
    return [(f"{element.path()}@{name}", value) for element, name, value in tree.document.leaves]
