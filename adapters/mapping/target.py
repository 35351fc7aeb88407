"""Target paths: where in a resource a value goes, checked against R4 and compiled to a closure.

gender                          an element; a value that is there already stays, and the new one is refused
name                            a list: the value is added
participant[+].individual       a new list element for every value, with the row's constants beside it
location[bed].status            the list element that rows of one node share under a name
dosageInstruction[only].route   the list element that the rows of all nodes share
extension(religion).valueCodeableConcept   an extension; its URL stands under `extensions`
_birthDate.extension(birthTime).valueDateTime   what stands beside a primitive
value[x]                        a choice: the function says of which type
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.mapping.draft import Draft, Json
from adapters.mapping.functions import Choice, Primitive
from adapters.mapping.model import Model

Place = Callable[[Draft, Any, Any], bool]
"""Puts a value into a draft for a node; False if the element is taken by another value."""

DELETION = re.compile(r"([A-Za-z_]+)(?:\.where\(([A-Za-z.]+)='([^']*)'\)|\.([A-Za-z.]+))?", re.ASCII)
_STEP = re.compile(r"(_?)([A-Za-z][A-Za-z0-9]*)(\[x\])?(?:\(([A-Za-z0-9-]+)\))?(?:\[(\+|[A-Za-z0-9-]+)\])?")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path; `slot` is `+`, a name, or empty. `path` is the path so far, as written. `choice` is
    what the name of one type of a choice begins with: only one of them may be there."""

    name: str
    path: str
    is_list: bool
    is_choice: bool
    choice: str
    slot: str
    url: str


def compile_target(
    text: str, resource: str, model: Model, extensions: Mapping[str, str], beside: Mapping[str, Any]
) -> Place:
    """Raises ValueError with a reason."""
    *way, last = parse_target(text, resource, model, extensions)
    put = _choice(last) if last.is_choice else _list(last) if last.is_list else _scalar(last)
    if not way and not beside:
        return _shallow(put)
    if beside and not way:
        raise ValueError(f"target {text!r}: `with` needs a list element, as in `participant[+].individual`")
    return _deep(way, put, beside)


def parse_target(text: str, resource: str, model: Model, extensions: Mapping[str, str]) -> list[Step]:
    """The steps of a path, each found in R4."""
    steps: list[Step] = []
    position, fhir_path = 0, resource
    while position <= len(text):
        found = _STEP.match(text, position)
        if not found or (found.end() < len(text) and text[found.end()] != "."):
            raise ValueError(f"target {text!r} is not a path")
        step, fhir_path = _step(found, fhir_path, model, extensions, text)
        steps.append(step)
        position = found.end() + 1
    for step in steps[:-1]:
        if step.is_list and not step.slot:
            raise ValueError(
                f"target {text!r}: {step.name} repeats: write {step.name}[+] or {step.name}[name]"
            )
    return steps


def _step(
    found: "re.Match[str]", parent: str, model: Model, extensions: Mapping[str, str], text: str
) -> tuple[Step, str]:
    underscore, name, choice, alias, slot = found.groups()
    path = f"{parent}.{name}{choice or ''}"
    element = model.element(path)
    if element is None:
        raise ValueError(f"target {text!r}: R4 has no {path}")
    if alias and alias not in extensions:
        raise ValueError(f"target {text!r}: there is no extension named {alias!r}")
    if bool(alias) != (name == "extension"):
        raise ValueError(f"target {text!r}: an extension is written extension(name)")
    step = Step(
        name=underscore + name,
        path=text[: found.end()],
        is_list=element.is_list and not underscore,
        is_choice=bool(choice),
        choice=_choice_of(parent, name, model),
        slot=slot or ("+" if alias else ""),
        url=extensions[alias] if alias else "",
    )
    return step, "Element" if underscore else path


def _choice_of(parent: str, name: str, model: Model) -> str:
    """`deceased` of `deceasedBoolean`; "" for what is no type of a choice."""
    starts = (name[:i] for i in range(1, len(name)) if name[i].isupper())
    return next((start for start in starts if model.element(f"{parent}.{start}[x]")), "")


def _rival(parent: Json, name: str, choice: str) -> bool:
    """Whether another type of the same choice is there already."""
    size = len(choice)
    others = [key for key in parent if key.startswith(choice) and key != name]
    return any(key[size : size + 1].isupper() for key in others) if others else False


def without_slots(text: str) -> str:
    """The path of R4's elements in a target."""
    return re.sub(r"\[(?:\+|[A-Za-z0-9-]+)\]|\([A-Za-z0-9-]+\)", "", text)


def deletion(text: str, extensions: Mapping[str, str]) -> str:
    """What a null source deletes: the target, or the extension that it is in. See `adapters.merge`."""
    if found := re.match(r"extension\(([A-Za-z0-9-]+)\)", text):
        return f"extension.where(url='{extensions.get(found[1], '')}')"
    plain = without_slots(text).replace("[x]", "")
    if plain and not DELETION.fullmatch(plain):
        raise ValueError(f"deletes {text!r} is neither a path nor list.where(path='text')")
    return plain


def _scalar(step: Step) -> Callable[[Json, Any], bool]:
    name, choice = step.name, step.choice

    def put(parent: Json, value: Any) -> bool:
        if choice and _rival(parent, name, choice):
            return False
        if isinstance(value, Primitive):
            return _put_primitive(parent, name, value)
        known = parent.setdefault(name, value)
        return known is value or bool(known == value)

    return put


def _put_primitive(parent: Json, name: str, value: Primitive) -> bool:
    if name in parent or f"_{name}" in parent:
        return bool(value.value is not None and parent.get(name) == value.value)
    if value.value is not None:
        parent[name] = value.value
    parent[f"_{name}"] = {"extension": list(value.extension)}
    return True


def _list(step: Step) -> Callable[[Json, Any], bool]:
    name = step.name

    def put(parent: Json, value: Any) -> bool:
        if isinstance(value, Primitive):
            return _add_primitive(parent, name, value)
        known = parent.get(name, ())
        if value not in known:
            parent[name] = [*known, value]  # never change what may be a remembered result
            if (beside := parent.get(f"_{name}")) is not None:
                parent[f"_{name}"] = [*beside, None]
        return True

    return put


def _add_primitive(parent: Json, name: str, value: Primitive) -> bool:
    """`x` and `_x` are lists of the same length, null where one of them has nothing to say."""
    known = parent.get(name, ())
    beside = parent.get(f"_{name}", [None] * len(known))
    parent[name] = [*known, value.value]
    parent[f"_{name}"] = [*beside, {"extension": list(value.extension)}]
    return True


def _choice(step: Step) -> Callable[[Json, Any], bool]:
    name = step.name

    def put(parent: Json, value: Any) -> bool:
        if not isinstance(value, Choice):
            raise TypeError(f"{name}[x] needs a function that says the type")
        if _rival(parent, "", name):
            return bool(parent.get(name + value.suffix) == value.value)
        parent[name + value.suffix] = value.value
        return True

    return put


def _shallow(put: Callable[[Json, Any], bool]) -> Place:
    def place(draft: Draft, node: Any, value: Any) -> bool:
        return put(draft.resource, value)

    return place


def _deep(way: list[Step], put: Callable[[Json, Any], bool], beside: Mapping[str, Any]) -> Place:
    constant_at = max((i for i, step in enumerate(way) if step.slot), default=len(way) - 1)
    enter = [_enter(step, beside if i == constant_at else {}) for i, step in enumerate(way)]

    def place(draft: Draft, node: Any, value: Any) -> bool:
        parent = draft.resource
        for step in enter:
            inner = step(draft, parent, node)
            if inner is None:
                return False
            parent = inner
        return put(parent, value)

    return place


def _enter(step: Step, beside: Mapping[str, Any]) -> Callable[[Draft, Json, Any], Json | None]:
    name, slot, path, choice = step.name, step.slot, step.path, step.choice
    fixed: Json = {"url": step.url, **beside} if step.url else dict(beside)

    def single(draft: Draft, parent: Json, node: Any) -> Json | None:
        if choice and _rival(parent, name, choice):
            return None
        inner: Json = {**fixed, **parent.get(name, {})}  # never change what may be a remembered result
        parent[name] = inner
        return inner

    def new(draft: Draft, parent: Json, node: Any) -> Json:
        inner = dict(fixed)
        parent[name] = [*parent.get(name, ()), inner]  # never change what may be a remembered result
        return inner

    def shared(draft: Draft, parent: Json, node: Any) -> Json:
        of = None if slot == "only" else node
        inner = draft.slots.get((path, slot, of))
        if inner is None:
            inner = draft.slots[path, slot, of] = new(draft, parent, node)
        else:
            for key, constant in fixed.items():
                inner.setdefault(key, constant)
        return inner

    return (new if slot == "+" else shared) if step.is_list else single
