"""What FHIR has no element for, or no row names, kept as an extension of the resource that it speaks of.

https://hl7.org/fhir/R4/extensibility.html. The extension is named after the way from the resource's element
(`…/cda-participant-participantRole-addr`); its type follows the data type where the element tells it, and
what the rows left of a value is a text of its own. What belongs to no resource is residue.
"""

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, Final

from adapters.hl7v2.context import Context
from adapters.mapping.draft import Draft
from adapters.mapping.functions import Choice
from adapters.mapping.run import Work
from adapters.trees.coverage import left_over
from adapters.trees.element import Element
from adapters.trees.functions import coded, identifiers, quantities, texts, times
from adapters.trees.reading import Value

URL: Final = "https://yilian.example/fhir/StructureDefinition/cda-"
Typed = tuple[str, Callable[[Value, Context], Any]]
_CODED: Final[Typed] = ("CodeableConcept", coded.concept)
# Element → the type of the extension's value (or "": a Choice tells it), and the function that makes it.
_TYPED: Final[Mapping[str, Typed]] = {
    "id": ("Identifier", identifiers.ii_identifier),
    "addr": ("Address", texts.address),
    "telecom": ("ContactPoint", texts.telecom),
    "name": ("HumanName", texts.human_name),
    "value": ("", quantities.any_choice),
    **dict.fromkeys(("code", "translation"), _CODED),
    **dict.fromkeys(("effectiveTime", "time"), ("", times.span_choice)),
    **dict.fromkeys(("quantity", "doseQuantity", "rateQuantity"), ("Quantity", quantities.quantity)),
}


def keep(root: Element, work: Work, ignored: Mapping[str, str]) -> None:
    """Puts what is left of a document beside the resource that it speaks of, if there is one. The leaves of
    a rendered document are those of another one, but stand in it."""
    document = root.document
    places = {number: each for each in root.walk() for number, _ in each.leaves.values()}
    left = [(_holder(places[n]), n) for n in left_over(document, ignored) if n in places]
    for holder, group in groupby(left, lambda each: each[0]):
        home, way = _home(holder, work)
        if home is not None:
            _keep({number: places[number] for _, number in group}, holder, home, way, work.context)


def _holder(element: Element) -> Element:
    """The element of a data type around a part of it."""
    typed = [each for each in (element, *element.ancestors()) if _type_of(each)]
    return typed[-1] if typed else element


def _type_of(element: Element) -> Typed | None:
    return _CODED if element.name.endswith("Code") else _TYPED.get(element.name)


def _home(element: Element, work: Work) -> tuple[Draft | None, str]:
    """The resource of the nearest element that has one, and the way from there."""
    way: list[str] = []
    for each in (element, *element.ancestors()):
        if (draft := work.homes.get(each)) is not None:
            return draft, "-".join(reversed(way)) or element.name
        if each.parent is not None:
            way.append(each.name)
    return None, "-".join(reversed(way[:4])) or element.name


def _keep(left: Mapping[int, Element], holder: Element, home: Draft, way: str, context: Context) -> None:
    document = holder.document
    of_holder = {number for each in holder.walk() for number, _ in each.leaves.values()}
    typed = _type_of(holder)
    if typed is not None and not document.kept & of_holder:
        value = Value(holder)
        made = typed[1](value, context)
        kind, said = (made.suffix, made.value) if isinstance(made, Choice) else (typed[0], made)
        if said is not None:
            _add(home, way, f"value{kind}", said)
            document.kept |= value.read
    for number, element in left.items():
        if number not in document.kept:
            name, text = next((name, text) for name, (n, text) in element.leaves.items() if n == number)
            inner = f"{way}-{element.name}" if element is not holder else way
            _add(home, f"{inner}.{name}" if name else inner, "valueString", text)
            document.kept.add(number)


def _add(home: Draft, name: str, kind: str, value: Any) -> None:
    extension = {"url": URL + name.replace(":", "-"), kind: value}
    known = home.resource.setdefault("extension", [])
    if extension not in known:
        known.append(extension)
