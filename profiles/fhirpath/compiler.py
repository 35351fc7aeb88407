"""Syntax trees to closures. http://hl7.org/fhirpath/N1/#expressions"""

from dataclasses import dataclass
from typing import Any

from profiles.fhirpath import navigation, operators
from profiles.fhirpath.code import Code, of_constant, value_of
from profiles.fhirpath.error import FhirPathError, failure
from profiles.fhirpath.fixed import is_fixed, remembered
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.functions.table import FUNCTIONS
from profiles.fhirpath.invocation import Invocation, Remark, Scope
from profiles.fhirpath.node import NONE, NOTHING, Items
from profiles.fhirpath.syntax import (
    Binary,
    Call,
    Chain,
    Constant,
    Empty,
    Item,
    Literal,
    Name,
    Path,
    Special,
    Tree,
    TypeName,
    TypeTest,
    Unary,
    everything,
)
from profiles.fhirpath.types import INTEGER, STRING, SYSTEM, Model, Type, system_type

_URLS = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
}
_PREFIXES = {"vs-": "http://hl7.org/fhir/ValueSet/", "ext-": "http://hl7.org/fhir/StructureDefinition/"}


@dataclass(slots=True)
class Compiler:
    """Compiles one expression. `remarks` are what a strict reader would refuse; `defines_variables` says
    whether the expression calls defineVariable()."""

    model: Model
    root: Type | None
    remarks: list[Remark]
    defines_variables: bool = False

    def code(self, tree: Tree, scope: Scope) -> Code:
        if scope.is_repeated and not self.defines_variables and is_fixed(tree):
            return remembered(self.code(tree, Scope(scope.type)), tree.position)
        match tree:
            case Name(name, position):
                return navigation.first_step(self, name, scope, position)
            case Path(source, Name(name, position), _):
                return navigation.next_step(self, self.code(source, scope), name, position)
            case Path(source, Call() as call, _):
                return self._call(call, scope, self.code(source, scope), source)
            case Literal(value, _):
                return of_constant([value], system_type(value))
            case Empty():
                return of_constant(NONE)
            case Special(name, _):
                return self._special(name, scope)
            case Constant(name, position):
                return self._constant(name, position)
            case Call():
                return self._call(tree, scope, this_code(scope), None)
            case Item(source, index, position):
                return self._item(self.code(source, scope), self.code(index, scope), position)
            case Unary(sign, operand, position):
                return operators.unary(sign, self.code(operand, scope), position)
            case Chain(operator, operands, position):
                return operators.chain(operator, [self.body(one, scope) for one in operands], position)
            case Binary(operator, left, right, position):
                return operators.binary(operator, self.body(left, scope), self.body(right, scope), position)
            case TypeTest("is", operand, type_, position):
                return operators.is_type(self, self.code(operand, scope), type_, position)
            case TypeTest(_, operand, type_, position):
                chosen = navigation.chosen(self, operand, scope, type_)
                return chosen or operators.as_type(self, self.code(operand, scope), type_, position)
        raise AssertionError(tree)

    def body(self, tree: Tree, scope: Scope) -> Code:
        """Of what is evaluated for itself: a variable that is defined in it ends with it."""
        code = self.code(tree, scope)
        if not self.defines_variables or not any(
            isinstance(one, Call) and one.name == "defineVariable" for one in everything(tree)
        ):
            return code
        inner = code.run

        def run(frame: Frame, this: Any) -> Items:
            known = frame.known
            try:
                return inner(frame, this)
            finally:
                frame.known = known

        return Code(run, code.type, single=code.single, is_ordered=code.is_ordered)

    def resolve(self, name: TypeName) -> Type | None:
        """The type of that name; None for one that a namespace does not have. Raises FhirPathError."""
        if name.namespace == "System":
            return SYSTEM.get(name.name)
        found = self.model.type(name.name)
        if name.namespace == "FHIR":
            return found
        found = found or SYSTEM.get(name.name)
        if found is None or name.namespace is not None:
            raise FhirPathError("semantic", f"There is no type {name.name}", name.position)
        return found

    def remark(self, message: str, position: int) -> None:
        self.remarks.append(Remark(message, position))

    def _call(self, call: Call, scope: Scope, source: Code, before: Tree | None) -> Code:
        function = FUNCTIONS.get(call.name)
        if function is None:
            raise FhirPathError("semantic", f"There is no function {call.name}", call.position)
        if not function.least <= len(call.arguments) <= function.most:
            raise FhirPathError(
                "semantic", f"{call.name}() does not take {len(call.arguments)} arguments", call.position
            )
        return function.compile(Invocation(self, call, scope, source, before))

    def _special(self, name: str, scope: Scope) -> Code:
        if name == "$this":
            return this_code(scope)
        if name == "$index":
            return Code(
                lambda frame, this: [frame.index],
                INTEGER,
                single=True,
                value=lambda frame, this: frame.index,
            )
        return Code(lambda frame, this: frame.total)

    def _constant(self, name: str, position: int) -> Code:
        if name in _URLS:
            return of_constant([_URLS[name]], STRING)
        for prefix, url in _PREFIXES.items():
            if name.startswith(prefix):
                return of_constant([url + name.removeprefix(prefix)], STRING)
        if name == "context":
            return Code(
                lambda frame, this: NONE if frame.context is NOTHING else [frame.context],
                self.root,
                single=True,
            )
        if name in ("resource", "rootResource"):
            return self._resource(name)

        def run(frame: Frame, this: Any) -> Items:
            if name in frame.known:
                return frame.known[name]
            if name not in frame.variables:
                raise failure(f"There is no variable %{name}", position)
            value = frame.variables[name]
            return value if type(value) is list else [value]

        return Code(run)

    def _resource(self, name: str) -> Code:
        """%resource is the context itself, or what that is an element of."""
        head = self.root.path.partition(".")[0] if self.root is not None else ""
        if name == "resource":
            known = self.model.type(head) if head in self.model.definitions.resource_types else None
            return Code(
                lambda frame, this: NONE if frame.resource is None else [frame.resource],
                known,
                single=True,
                item=(lambda frame, this: frame.resource) if known is not None else None,
            )
        return Code(lambda frame, this: NONE if frame.root is None else [frame.root], single=True)

    def _item(self, source: Code, index: Code, position: int) -> Code:
        if not source.is_ordered:
            self.remark("The order of these items is not defined", position)
        run, at = source.run, value_of(index, position)

        def item(frame: Frame, this: Any) -> Items:
            found = at(frame, this)
            if found is None:
                return NONE
            if type(found) is not int:
                raise failure("An index is an integer", position)
            items = run(frame, this)
            return [items[found]] if 0 <= found < len(items) else NONE

        return Code(item, source.type, single=True)


def this_code(scope: Scope) -> Code:
    type_ = scope.type

    def run(frame: Frame, this: Any) -> Items:
        return NONE if this is NOTHING else [this]

    if type_ is None or not type_.is_system:
        return Code(run, type_, single=True, exists=lambda frame, this: this is not NOTHING)
    return Code(
        run,
        type_,
        single=True,
        exists=lambda frame, this: this is not NOTHING,
        value=lambda frame, this: None if this is NOTHING else this,
    )
