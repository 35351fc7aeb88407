"""Builds a resource from the elements of its XML as they begin and end.

https://hl7.org/fhir/R4/json.html#primitive says how ids and extensions of primitives stand beside them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from exchange.fhirjson import MAX_DEPTH
from exchange.xml.members import ANY_RESOURCE, FHIR, Homes, Member, Members

Resource = dict[str, Any]


class Misplaced(Exception):
    """What must not stand where it does."""

    def __init__(self, code: str, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.code = code


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet.

    `value` is the object that its children fill: of a primitive its sibling, of a wrapper one that has the
    resource under an empty name. `index` is its place, if it is in a list.
    """

    member: Member
    value: Resource
    members: Members
    depth: int
    index: int


class Building(ABC):
    """One resource. When something is wrong, `expression` says where."""

    def __init__(self, homes: Homes) -> None:
        self._homes = homes
        self._here = _Open(_DOCUMENT, {}, homes[ANY_RESOURCE], 0, 0)
        self._around: list[_Open] = []
        self._leaf: Member | None = None
        self._valueless: list[tuple[Resource, str]] = []

    @property
    def here(self) -> Members:
        """What may stand in the element that is open."""
        return self._here.members if self._leaf is None else self._homes[self._leaf.home]

    def resource(self) -> Resource:
        """What came of it all."""
        for owner, name in self._valueless:
            if name in owner and all(value is None for value in owner[name]):
                del owner[name]
        resource: Resource = self._here.value[_WRAPPED]
        return resource

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._leaf is not None:
            self._open_leaf()
        around = self._here
        member = around.members.get(tag)
        if member is None:
            self._refuse_element(tag)
        if member.kind == "primitive" and self._is_leaf(member, around.value, attributes):
            self._leaf = member
            return
        index = len(around.value.get(member.name, ())) if member.is_list else 0
        here = _Open(member, {}, self._homes[member.home], around.depth + member.levels, index)
        self._around.append(around)
        self._here = here
        if member.kind == "primitive":
            self._primitive(here, around.value, attributes)
            return
        if member.kind == "narrative":
            self.begin_narrative()
            return
        if attributes:
            self._take(attributes)
        if here.depth > MAX_DEPTH:
            self._refuse_depth()
        if member.kind == "resource":
            here.value["resourceType"] = member.home
        if member.kind != "wrapper":
            self._put(here.value)

    def end(self, tag: str) -> None:
        if self._leaf is not None:
            self._leaf = None
            return
        here, around = self._here, self._around[-1]
        member = here.member
        if member.kind == "primitive":
            self._end_primitive(here, around.value)
        elif not here.value:
            self._refuse("invariant", "An element must not be empty")
        elif member.kind == "wrapper":
            self._put(here.value[_WRAPPED])
        self._here = self._around.pop()

    @abstractmethod
    def begin_narrative(self) -> None:
        """Called at its start tag: no more of it is to come here but its text, at its end."""

    def end_narrative(self, text: str) -> None:
        self._put(text)
        self._here = self._around.pop()

    def text(self, text: str) -> None:
        if text.strip(" \t\r\n"):
            self._refuse("structure", "Text must not stand here")

    def expression(self) -> str:
        """The FHIRPath of the element that is open."""
        if self._leaf is not None:
            self._open_leaf()
        path = ""
        for place in (*self._around[1:], self._here):
            member = place.member
            if member.kind == "resource":
                path = path or member.home
            elif member is not _DOCUMENT:
                path += f".{member.name}[{place.index}]" if member.is_list else f".{member.name}"
        return path

    def _is_leaf(self, member: Member, owner: Resource, attributes: dict[str, str]) -> bool:
        """Takes a primitive that has nothing but a value, as most have, without the cost of opening it."""
        text = attributes.get("value")
        if (
            not text
            or len(attributes) > 1
            or member.is_list
            or member.name in owner
            or member.sibling in owner
        ):
            return False
        try:
            owner[member.name] = member.read(text)
        except ValueError:
            return False
        return True

    def _open_leaf(self) -> None:
        """It has something within after all."""
        member, around = self._leaf, self._here
        assert member is not None
        self._around.append(around)
        self._here = _Open(member, {}, self._homes[member.home], around.depth + member.levels, 0)
        self._leaf = None

    def _primitive(self, here: _Open, owner: Resource, attributes: dict[str, str]) -> None:
        member, value = here.member, None
        if "value" in attributes:
            value = self._read(member, attributes.pop("value"))
        if attributes:
            self._take(attributes)
        if member.is_list:
            self._append(here, owner, value)
        elif member.name in owner or member.sibling in owner:
            self._refuse("structure", "This element must not be repeated")
        elif value is not None:
            owner[member.name] = value

    def _read(self, member: Member, text: str) -> Any:
        if text == "":
            self._refuse("value", "An attribute must not be empty")
        try:
            return member.read(text)
        except ValueError as error:
            self._refuse("value", str(error))

    def _append(self, here: _Open, owner: Resource, value: Any) -> None:
        """One more place, in the array of siblings too."""
        member = here.member
        if here.depth - 1 > MAX_DEPTH:
            self._refuse_depth()
        if here.index:
            owner[member.name].append(value)
        else:
            owner[member.name] = [value]
        if member.sibling in owner:
            owner[member.sibling].append(None)

    def _end_primitive(self, here: _Open, owner: Resource) -> None:
        member, sibling = here.member, here.value
        value = owner[member.name][here.index] if member.is_list else owner.get(member.name)
        if value is None:
            if not sibling:
                self._refuse("invariant", "An element must have a value, or extensions")
            if member.is_list and here.index == 0:
                self._valueless.append((owner, member.name))
        if not sibling:
            return
        if here.depth > MAX_DEPTH:
            self._refuse_depth()
        if member.is_list:
            if member.sibling not in owner:
                owner[member.sibling] = [None] * (here.index + 1)
            owner[member.sibling][here.index] = sibling
        else:
            owner[member.sibling] = sibling

    def _put(self, value: Any) -> None:
        """The element's value to where it belongs."""
        member, owner = self._here.member, self._around[-1].value
        if member.is_list:
            owner.setdefault(member.name, []).append(value)
        elif member.name in owner:
            self._refuse("structure", "This element must not be repeated")
        else:
            owner[member.name] = value

    def _take(self, attributes: dict[str, str]) -> None:
        """What is an attribute in XML and a property in JSON."""
        here = self._here
        for name, value in attributes.items():
            if name in here.member.attributes:
                here.value[name] = self._read(_TEXT, value)
            elif here.member.kind != "resource" or not name.startswith(_SCHEMA_INSTANCE):
                shown = name.rpartition(" ")[2][:_SHOWN]
                self._refuse("structure", f"The attribute {shown!r} must not stand here")

    def _refuse_element(self, tag: str) -> NoReturn:
        space, _, name = tag.rpartition(" ")
        shown, member = name[:_SHOWN], self._here.member
        if space != FHIR:
            where = f"in the namespace {space[:_SHOWN]!r}" if space else "in no namespace"
            self._refuse("structure", f"The element {shown!r} is {where}, not in {FHIR}")
        if member.kind == "wrapper":
            self._refuse("structure", f"{shown!r} is not a resource type of FHIR R4")
        self._refuse("structure", f"{member.home} has no element {shown!r}")

    def _refuse_depth(self) -> NoReturn:
        self._refuse("structure", f"The resource is nested more than {MAX_DEPTH} levels deep")

    def _refuse(self, code: str, diagnostics: str) -> NoReturn:
        raise Misplaced(code, diagnostics)


_WRAPPED: Final = ""
_DOCUMENT: Final = Member("", "wrapper", ANY_RESOURCE)
_TEXT: Final = Member("", "primitive", "Element")
# xsi:schemaLocation, against FHIR's rules but frequent, says nothing about the resource.
_SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance "
_SHOWN: Final = 64
