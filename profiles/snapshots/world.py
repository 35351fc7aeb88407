"""The trees of the definitions at hand: of bases, types and profiles on types."""

from collections.abc import Callable
from typing import Any, Final

from profiles.snapshots.error import SnapshotError
from profiles.snapshots.node import Element, Node, tree, walk

CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
FHIR_TYPE: Final = CORE + "structuredefinition-fhir-type"
PROFILE_ELEMENT: Final = CORE + "elementdefinition-profile-element"
SYSTEM: Final = "http://hl7.org/fhirpath/System."
Structure = dict[str, Any]
# R5's root of all types, on which logical models of R4 stand too.
BASE: Final[Structure] = {
    "url": CORE + "Base",
    "snapshot": {"element": [{"path": "Base", "min": 0, "max": "*"}]},
}


class World:
    """Structures by canonical or type name, those with a snapshot as trees.

    `resolve` gives a StructureDefinition with its snapshot, without one if the snapshot is just being made,
    or None.
    """

    def __init__(self, resolve: Callable[[str], Structure | None]) -> None:
        self.resolve = resolve
        self._trees: dict[str, tuple[Structure, Node]] = {}

    def tree(self, canonical: str, expression: str) -> Node:
        """Raises SnapshotError if the definition is not there or depends on the one that is being made."""
        structure = self.resolve(canonical) or (BASE if canonical == BASE["url"] else None)
        if structure is None:
            raise SnapshotError("not-found", f"{canonical} is not among the definitions", expression)
        return self.tree_of(structure, expression)

    def tree_of(self, structure: Structure, expression: str) -> Node:
        url = structure["url"]
        known = self._trees.get(url)
        if known and known[0] is structure:
            return known[1]
        if "snapshot" not in structure:
            raise SnapshotError("processing", f"{url} depends on itself", expression)
        try:
            made = tree(structure["snapshot"]["element"])
        except (ValueError, LookupError) as error:
            raise SnapshotError("structure", f"the snapshot of {url}: {error}", expression) from error
        self._trees[url] = structure, made
        return made

    def root(self, canonical: str) -> Element | None:
        """The first element of a profile; what its differential tells of it, while it is being made."""
        structure = self.resolve(canonical.partition("#")[0])
        told = structure and (structure.get("snapshot") or structure.get("differential"))
        first: Element | None = told["element"][0] if told and told["element"] else None
        return first

    def code(self, one: Element) -> str:
        """A type's code; of FHIRPath's own types, the FHIR type that they stand for."""
        code: str = one.get("code", "")
        if not code.startswith(SYSTEM):
            return code
        named = (
            x.get("valueUrl") or x.get("valueUri") for x in one.get("extension", ()) if x["url"] == FHIR_TYPE
        )
        return next(named, None) or code.removeprefix(SYSTEM).lower()

    def is_kind_of(self, code: str, ancestor: str) -> bool:
        """Whether a type is another or specialises it: `Age` is a `Quantity`, `Patient` a `Resource`."""
        seen = set()
        while code not in seen:
            if code == ancestor:
                return True
            seen.add(code)
            structure = self.resolve(code) or {}
            code = structure.get("baseDefinition", "").removeprefix(CORE)
        return False


def by_id(root: Node, identity: str) -> Node | None:
    return next((node for node in walk(root) if node.element.get("id") == identity), None)
