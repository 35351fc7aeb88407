"""Compiled maps of one kind of document: the base maps, and what hospitals change."""

from collections.abc import Iterable
from functools import cache, partial
from importlib.resources import files

from adapters.hospitals.hospital import Hospital
from adapters.mapping.compile import compile_maps
from adapters.mapping.compiled import Maps
from adapters.mapping.layers import joined
from adapters.mapping.library import Compilations
from adapters.mapping.model import Model
from adapters.mapping.read import read_layer
from adapters.mapping.rows import Layer
from adapters.trees.functions import functions
from adapters.trees.sources import TreeSources

WORDS = ("hospital.id", "hospital.name", "hospital.base")


@cache
def layer_of(*packages: str) -> Layer:
    """The map files of some packages as one layer."""
    paths = [path for package in packages for path in files(package).iterdir() if path.name.endswith(".yaml")]
    ordered = sorted(paths, key=lambda path: path.name)
    return joined(read_layer(path.read_text("utf-8"), path.name) for path in ordered)


class TreeMaps:
    """Compiled maps of a form, made for the first document of whoever changes the same of them."""

    __slots__ = ("compilations", "form")

    def __init__(self, model: Model, packages: Iterable[str], form: str) -> None:
        self.form = form
        base = partial(layer_of, *packages)
        self.compilations = Compilations(base, lambda whole: compiled(whole, model))

    def of(self, hospital: Hospital) -> Maps:
        """Raises MapError."""
        return self.compilations.of(hospital.layers(self.form))


def compiled(whole: Layer, model: Model) -> Maps:
    return compile_maps(whole, model, TreeSources(), functions(), WORDS)
