"""FHIR Schema's schemas as StructureDefinitions with snapshots, by which a validator can be judged.

A schema that is no primitive becomes a type of its own, under a name that R4 does not have; what it asks
beyond what a type can say (slices, extensions) becomes a profile of that type.
https://fhir-schema.github.io/fhir-schema/
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
Resource = dict[str, Any]

CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
PREFIX: Final = "Schema"
_ANY: Final = "Resource"
_OF_R4: Final = frozenset(("Extension", "string", "integer", "code", "boolean"))


def type_name(schema: str) -> str:
    """The name of the type that a schema becomes."""
    return schema if schema in _OF_R4 else PREFIX + schema


def profile_of(schema: str) -> str:
    """The canonical of the profile of the type that a schema becomes."""
    return f"{CORE}{type_name(schema)}-profile"


def structures(schemas: Mapping[str, Schema]) -> list[Resource]:
    """The types, and after them the profiles."""
    own = {name: schema for name, schema in schemas.items() if not _is_given(name, schema)}
    world = _World(schemas)
    types = [world.type(name) for name in own if own[name].get("kind") != "extension"]
    return [*types, *(profile for name in own for profile in world.profiles(name))]


def _is_given(name: str, schema: Schema) -> bool:
    return name in _OF_R4 or schema.get("kind") == "primitive-type"


class _World:
    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas

    def type(self, name: str) -> Resource:
        is_resource = "resourceType" in self._elements(name)
        path = type_name(name)
        root = {"id": path, "path": path, "min": 0, "max": "*"}
        structure = _structure(f"{CORE}{path}", path, "specialization", [root, *self._below(name, path)])
        return structure | {"kind": "resource" if is_resource else "complex-type"}

    def profiles(self, name: str) -> Iterator[Resource]:
        """What slices and extensions ask, and the profile of an extension."""
        schema = self._schemas[name]
        if schema.get("kind") == "extension":
            path, elements = "Extension", [_extension_value(schema)]
            url = name
        else:
            path, url = type_name(name), profile_of(name)
            elements = [*_extensions(path, schema), *_slices(path, self._elements(name))]
            if not elements:
                return
        root = {"id": path, "path": path, "min": 0, "max": "*"}
        yield _structure(url, path, "constraint", [root, *elements])

    def _elements(self, name: str) -> dict[str, Schema]:
        """Those of a schema and of all that it is based on; the nearest says what an element is."""
        schema = self._schemas[name]
        inherited = self._elements(schema["base"]) if "base" in schema else {}
        own = schema.get("elements", {})
        return inherited | {key: {**inherited.get(key, {}), **element} for key, element in own.items()}

    def _required(self, name: str) -> frozenset[str]:
        schema = self._schemas[name]
        inherited = self._required(schema["base"]) if "base" in schema else frozenset()
        return inherited | frozenset(schema.get("required", ()))

    def _below(self, name: str, path: str) -> Iterator[Resource]:
        yield from _definitions(path, self._elements(name), self._required(name))


def _definitions(path: str, elements: Mapping[str, Schema], required: frozenset[str]) -> Iterator[Resource]:
    for name, element in elements.items():
        if name == "resourceType" or "choiceOf" in element:
            continue
        is_choice = "choices" in element
        here = f"{path}.{name}{'[x]' if is_choice else ''}"
        types = [elements[choice]["type"] for choice in element["choices"]] if is_choice else [_type(element)]
        most = "*" if element.get("array") else "1"
        yield {
            "id": here,
            "path": here,
            "min": int(name in required),
            "max": most,
            "base": {"path": here, "min": 0, "max": most},
            "type": [{"code": code} for code in types],
        }
        yield from _definitions(here, element.get("elements", {}), frozenset(element.get("required", ())))


def _type(element: Schema) -> str:
    if "elements" in element:
        return "BackboneElement"
    return element["type"] if element["type"] == _ANY else type_name(element["type"])


def _slices(path: str, elements: Mapping[str, Schema]) -> Iterator[Resource]:
    for name, element in elements.items():
        slices = element.get("slicing", {}).get("slices", {})
        if not slices:
            continue
        here = f"{path}.{name}"
        keys = sorted({key for one in slices.values() for key in one["match"]["value"]})
        by = [{"type": "value", "path": key} for key in keys]
        yield {"id": here, "path": here, "slicing": {"discriminator": by, "rules": "open"}}
        for slice_name, one in slices.items():
            yield _slice(here, slice_name, one)
            required = one.get("schema", {}).get("required", ())
            for key in dict.fromkeys((*keys, *required)):
                child = {"id": f"{here}:{slice_name}.{key}", "path": f"{here}.{key}"}
                matched = one["match"]["value"].get(key)
                fixed = {} if matched is None else {"patternString": matched}
                yield child | {"min": int(key in required), "max": "*"} | fixed


def _slice(path: str, name: str, one: Schema) -> Resource:
    most = str(one["max"]) if "max" in one else "*"
    return {
        "id": f"{path}:{name}",
        "path": path,
        "sliceName": name,
        "min": one.get("min", 0),
        "max": most,
    }


def _extensions(path: str, schema: Schema) -> Iterator[Resource]:
    here = f"{path}.extension"
    extensions = schema.get("extensions", {})
    if extensions:
        by = [{"type": "value", "path": "url"}]
        yield {"id": here, "path": here, "slicing": {"discriminator": by, "rules": "open"}}
    for name, one in extensions.items():
        yield _slice(here, name, one) | {"type": [{"code": "Extension", "profile": [one["url"]]}]}


def _extension_value(schema: Schema) -> Resource:
    """The types that are left of an extension's value; a choice `valueString` is of the type `string`."""
    choices = schema["elements"]["value"]["choices"]
    types = [choice.removeprefix("value") for choice in choices]
    codes = [{"code": name[:1].lower() + name[1:]} for name in types]
    return {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 0, "max": "1", "type": codes}


def _structure(url: str, type_: str, derivation: str, elements: list[Resource]) -> Resource:
    return {
        "resourceType": "StructureDefinition",
        "id": url.rpartition("/")[2],
        "url": url,
        "name": type_,
        "status": "active",
        "kind": "complex-type",
        "abstract": False,
        "type": type_,
        "derivation": derivation,
        "snapshot": {"element": elements},
    }
