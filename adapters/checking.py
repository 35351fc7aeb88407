"""Every fault of the hospitals' files: what cannot be read, what is not there, what can never work or run.

Each combination of layers that a message can meet is judged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Final

from adapters.hospitals.folder import Book, Texts, read_book
from adapters.hospitals.hospital import Hospital
from adapters.hospitals.level import CLINICAL, FORMS, V2, V3, Level, Said
from adapters.library import Library, grounds
from adapters.local.naming import naming_faults
from adapters.mapping.dead import dead, unused
from adapters.mapping.fault import Fault, MapError
from adapters.mapping.layers import laid
from adapters.mapping.rows import Layer

MOST_KINDS: Final = 20_000
"""Kinds of messages that are tried on one hospital's interfaces."""


@dataclass(slots=True)
class _Stacks:
    """The stacks of one form that have been judged, and what became of each layer in them."""

    wholes: dict[tuple[int, ...], Layer] = field(default_factory=dict)
    of: dict[int, tuple[Layer, list[Layer]]] = field(default_factory=dict)


def checked(texts: Texts, library: Library) -> Book:
    """The files, with all faults that they have."""
    book = read_book(texts)
    found = {*book.faults, *faults_of(book, library)}
    return Book(book.hospitals, book.levels, tuple(sorted(found)))


def faults_of(book: Book, library: Library) -> Iterator[Fault]:
    """What is wrong with the layers that could be read. Faults may be told more than once."""
    used: set[int] = set()
    stacks = {form: _Stacks() for form in FORMS}
    for hospital in book.hospitals:
        for each in variants(hospital):
            used |= {id(level) for level in each.levels}
            yield from _levels(each, library, stacks)
    for level in book.levels.values():
        if id(level) not in used:
            alone = Hospital("unused", "", "", levels=(level,))
            yield from _levels(alone, library, stacks)
    for form, judged in stacks.items():
        base = library.compilations(form).base
        for layer, wholes in judged.of.values():
            yield from unused([layer], base, wholes)


def compile_all(book: Book, library: Library) -> None:
    """So that no message waits for it. Raises MapError for what `checked` would tell."""
    for hospital in book.hospitals:
        for each in variants(hospital):
            for form in (V2, CLINICAL, V3):
                library.compilations(form).of(each.layers(form))


def variants(hospital: Hospital) -> list[Hospital]:
    """The hospital as it speaks through each combination of its interfaces that a message can come by."""
    told: dict[str, set[str]] = {}
    for each in hospital.interfaces:
        for name, texts in each.when.items():
            told.setdefault(name, {""}).update(texts)
    kinds = islice(product(*(sorted(texts) for texts in told.values())), MOST_KINDS)
    found = (hospital.speaking(Said(**dict(zip(told, kind, strict=True)))) for kind in kinds)
    return list({id(each): each for each in found}.values())


def unused_levels(book: Book) -> list[Level]:
    """Layers that no hospital names."""
    used = {id(level) for hospital in book.hospitals for level in hospital.levels}
    for hospital in book.hospitals:
        used |= {id(level) for each in hospital.interfaces for level in (each.vendor, each.level)}
    return [level for level in book.levels.values() if id(level) not in used]


def _levels(hospital: Hospital, library: Library, stacks: dict[str, _Stacks]) -> Iterator[Fault]:
    yield from naming_faults(level.local for level in hospital.levels)
    for form in FORMS:
        yield from _form(form, hospital.layers(form), library, stacks[form])
    try:
        library.documents.tables.of(hospital)
    except MapError as error:
        yield from error.faults


def _form(form: str, layers: Sequence[Layer], library: Library, stacks: _Stacks) -> Iterator[Fault]:
    """The faults of one stack, the first time it is met."""
    key = tuple(id(each) for each in layers)
    if not layers or key in stacks.wholes:
        return
    compilations = library.compilations(form)
    faults: list[Fault] = []
    whole = compilations.base
    grown: list[Layer] = []
    for each in layers:
        whole = laid(whole, each, faults)
        grown.append(whole)
    stacks.wholes[key] = whole
    for place, each in enumerate(layers):
        stacks.of.setdefault(id(each), (each, []))[1].extend(grown[place:])
    yield from faults
    yield from dead(whole, layers, library.model, grounds(form))
    try:
        compilations.compiled(_changed(whole, layers))
    except MapError as error:
        yield from error.faults


def _changed(whole: Layer, layers: Sequence[Layer]) -> Layer:
    """The maps that some layers have to do with; the others without their rows, which compile as before."""
    names = {name for layer in layers for name in (*layer.maps, *layer.changes)}
    maps = {
        name: each if name in names or each.like in names else replace(each, rows=())
        for name, each in whole.maps.items()
    }
    return replace(whole, maps=maps)
