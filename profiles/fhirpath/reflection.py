"""What type() answers. http://hl7.org/fhirpath/N1/#reflection"""

from dataclasses import dataclass
from typing import Any

from profiles.fhirpath.code import Code
from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.node import Items
from profiles.fhirpath.types import STRING, Type


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """`base` is qualified by its namespace."""

    namespace: str
    name: str
    base: str

    def part(self, name: str) -> str | None:
        return {"namespace": self.namespace, "name": self.name, "baseType": self.base}.get(name)


def type_info(type_: Type) -> TypeInfo:
    base = type_.base
    return TypeInfo(type_.namespace, type_.name, f"{base.namespace}.{base.name}" if base else "System.Any")


def type_info_step(source: Code, name: str, position: int) -> Code:
    """A part of a TypeInfo."""
    if name not in ("namespace", "name", "baseType"):
        raise FhirPathError("semantic", f"TypeInfo has no element {name}", position)
    inner = source.run

    def run(frame: Frame, this: Any) -> Items:
        return [info.part(name) for info in inner(frame, this)]

    return Code(run, STRING, single=source.single)
