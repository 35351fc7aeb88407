"""The header of a clinical document as the fields of a local one fill it, by `header.yaml`.

WS/T 500-2016: the patient, the visit and where it was, the institutions.
"""

from adapters.local.building import CONSTANT, added, grown, put
from adapters.local.fields import Declared
from adapters.trees.element import Element, is_valued

_VISIT = "componentOf/encompassingEncounter/location/healthCareFacility/serviceProviderOrganization"
# Of which a document may have several; a second one of others is a statement.
_MANY = frozenset(("telecom", "name", "id", "addr"))
_PROVIDER = "recordTarget/patientRole/providerOrganization"


class Header:
    """What stands above the body; `root` is the document."""

    def __init__(self, root: Element, tables: Declared, code: str) -> None:
        self.root = root
        self._tables = tables
        self._code = code
        self._places: dict[str, dict[str, Element]] = {}

    def takes(self, field: Element) -> bool:
        """Puts a field here if it is declared so: an element, an identifier, a place or an address's part."""
        return self.declares(field) or self._houses(field) or self._addresses(field)

    def declares(self, field: Element, again: bool = False) -> bool:
        """Puts a field into its declared element; `again`: beside the one before."""
        table = self._tables.header
        where = table["fields"].get(field.name)
        if where is None:
            return self._identifies(field)
        way, attribute, rest = where
        above, _, last = way.rpartition("/")
        if again or field.name in table["repeated"]:
            target = added(grown(self.root, above) if above else self.root, last)
        else:
            target = grown(self.root, way)
            if attribute in target.leaves and last not in _MANY:
                return False
            if attribute in target.leaves:
                target = added(grown(self.root, above), last)
        put(target, attribute, field.leaves[""], rest if attribute != "value" else "")
        if unit := rest if attribute == "value" else "":
            target.leaves["unit"] = (CONSTANT, unit)
        return True

    def _identifies(self, field: Element) -> bool:
        """A number of the patient, by its data element."""
        roots = self._tables.header["identifiers"]
        root = roots.get(field.name) or roots.get(self._tables.field(self._code, field.name).element)
        if root is None or field.parent is None or field.parent.name == "row":
            return False
        put(added(grown(self.root, "recordTarget/patientRole"), "id"), "extension", field.leaves[""], root)
        return True

    def _houses(self, field: Element) -> bool:
        """Keeps the fields of bed, room, department, ward and institution for `place`."""
        name = field.name.removeprefix("Adm")
        for start, _ in self._tables.header["places"]:
            if name in (f"{start}Code", f"{start}Name"):
                self._places.setdefault(start, {})[name.removeprefix(start)] = field
                return True
        return False

    def _addresses(self, field: Element) -> bool:
        """A part of an address that stands alone: `OriginCity`."""
        parts = self._tables.header["address"]
        for start, way in self._tables.header["addresses"].items():
            if field.name.startswith(start) and (part := parts.get(field.name.removeprefix(start))):
                put(added(grown(self.root, way), part), "", field.leaves[""])
                return True
        return False

    def place(self) -> None:
        """The chain of places, from the innermost outwards: the visit's, or where there is none the
        patient's."""
        alone = self._places.keys() <= {"Dept", "Organ"} and self.root.first("componentOf") is None
        link: Element | None = None
        for start, root in self._tables.header["places"]:
            if start not in self._places:
                continue
            if link is None:
                link = grown(self.root, _PROVIDER if alone else _VISIT)
                link = link if alone else grown(link, "asOrganizationPartOf/wholeOrganization")
            else:
                link = added(added(link, "asOrganizationPartOf"), "wholeOrganization")
            _named(link, root, self._places[start])

    def address(self, name: str, row: Element) -> bool:
        """A group that is an address, by how its parts are called."""
        table = self._tables.header
        parts = table["address"]
        found = {each: next((p for p in parts if each.name.endswith(p)), "") for each in row.children}
        start = next((s for s in table["addresses"] if name.startswith(s)), "")
        if not any(found.values()) or "row" in name or not start:
            return False
        target = grown(self.root, table["addresses"][start])
        for each, part in found.items():
            if part and is_valued(each):
                put(added(target, parts[part]), "", each.leaves[""])
            elif is_valued(each) and not each.children:
                self.declares(each)
        return True


def _named(link: Element, root: str, fields: dict[str, Element]) -> None:
    number = added(link, "id", root=root)
    if "Code" in fields:
        put(number, "extension", fields["Code"].leaves[""])
    if "Name" in fields:
        put(added(link, "name"), "", fields["Name"].leaves[""])
