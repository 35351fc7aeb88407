"""The elements that a StructureDefinition's snapshot describes.

https://hl7.org/fhir/R4/structuredefinition.html
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from profiles.element import Binding, Element

CORE = "http://hl7.org/fhir/StructureDefinition/"


class _Extension(msgspec.Struct, frozen=True, rename="camel"):
    url: str
    value_url: str = ""


class _Type(msgspec.Struct, frozen=True, rename="camel"):
    code: str
    target_profile: tuple[str, ...] = ()
    extension: tuple[_Extension, ...] = ()


class _Binding(msgspec.Struct, frozen=True, rename="camel"):
    strength: Any
    value_set: str = ""


class _Base(msgspec.Struct, frozen=True):
    max: str


class _Element(msgspec.Struct, frozen=True, rename="camel"):
    path: str
    min: int = 0
    max: str = "1"
    base: _Base | None = None
    type: tuple[_Type, ...] = ()
    binding: _Binding | None = None
    content_reference: str = ""
    is_modifier: bool = False
    is_summary: bool = False


class _Snapshot(msgspec.Struct, frozen=True):
    element: tuple[_Element, ...]


class _Structure(msgspec.Struct, frozen=True):
    kind: str
    type: str
    snapshot: _Snapshot


_STRUCTURE = msgspec.json.Decoder(_Structure)


def members(structure_definition: bytes | memoryview) -> Mapping[str, tuple[Element, ...]]:
    """Path of a parent → its elements, of a StructureDefinition's JSON."""
    structure = _STRUCTURE.decode(structure_definition)
    by_path = {definition.path: definition for definition in structure.snapshot.element}
    below: dict[str, list[Element]] = {}
    for path, definition in by_path.items():
        parent = path.rpartition(".")[0]
        if parent:
            below.setdefault(parent, []).append(_element(definition, by_path, structure))
    return {parent: tuple(elements) for parent, elements in below.items()}


def _element(definition: _Element, by_path: Mapping[str, _Element], structure: _Structure) -> Element:
    path = definition.path
    reference = definition.content_reference.rpartition("#")[2] or None
    types = {_code(one): one for one in (by_path[reference] if reference else definition).type}
    if structure.kind == "resource" and path == f"{structure.type}.id":
        types = {"id": definition.type[0]}  # R4 says `string` here, and `id` in its text
    binding = definition.binding
    maximum = None if definition.max == "*" else int(definition.max)
    return Element(
        path=path,
        name=path.rpartition(".")[2],
        types=tuple(types),
        min=definition.min,
        max=maximum,
        is_list=(definition.base.max if definition.base else definition.max) not in ("0", "1"),
        targets={code: _targets(one) for code, one in types.items() if one.target_profile},
        binding=Binding(binding.strength, binding.value_set) if binding else None,
        content_reference=reference,
        is_modifier=definition.is_modifier,
        is_summary=definition.is_summary,
    )


def _code(one: _Type) -> str:
    """A type's code; of FHIRPath's own types, the FHIR type that they stand for."""
    system_type = one.code.removeprefix("http://hl7.org/fhirpath/System.")
    if system_type == one.code:
        return one.code
    stands_for = [x.value_url for x in one.extension if x.url == f"{CORE}structuredefinition-fhir-type"]
    return stands_for[0] if stands_for else system_type[0].lower() + system_type[1:]


def _targets(one: _Type) -> tuple[str, ...]:
    return tuple(profile.rpartition("/")[2] for profile in one.target_profile)
