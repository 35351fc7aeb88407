"""Local XML whose elements a hospital calls otherwise: under the names that the hub knows."""

from collections.abc import Iterable, Iterator

from adapters.hospitals.level import LocalLayer
from adapters.local.fields import Declared, declared
from adapters.mapping.fault import Fault
from adapters.mapping.nearby import nearby
from adapters.trees.parse import Tree


def as_known(tree: Tree, layers: Iterable[LocalLayer]) -> Tree:
    """The tree with its elements renamed, each by the highest layer that names it."""
    names = {name: meant for layer in layers for name, meant in layer.rename.items()}
    if names:
        for element in tree.root.walk():
            element.name = names.get(element.name, element.name)
    return tree


def declared_by(layers: Iterable[LocalLayer]) -> Declared | None:
    """The hub's fields and those of layers; None for the hub's own."""
    fields = {name: list(told) for layer in layers for name, told in layer.fields.items()}
    return declared().beside({"columns": fields, "identifiers": {}}) if fields else None


def naming_faults(layers: Iterable[LocalLayer]) -> Iterator[Fault]:
    """Elements renamed into what nobody knows, and fields that the hub knows already."""
    found = list(layers)
    hub = declared()
    known = {*hub.fields, *hub.header["fields"], *(name for each in hub.documents.values() for name in each)}
    own = {name for layer in found for name in layer.fields}
    for layer in found:
        for name, meant in layer.rename.items():
            if meant not in known | own:
                told = f"{name!r} is to be {meant!r}, which is no field{nearby(meant, known | own)}"
                yield Fault(layer.places[name], told)
        for name in layer.fields:
            if name in known:
                yield Fault(
                    layer.places[name], f"field {name!r} is known already: rename it into another one"
                )
