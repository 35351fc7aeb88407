"""Compiled maps of one kind of document: the base maps, and what hospitals change."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from adapters.hospitals.hospital import Hospital
from adapters.mapping.compile import compile_maps
from adapters.mapping.compiled import Maps
from adapters.mapping.layers import joined, overridden
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
    """Compiled maps: one for all hospitals that change nothing, one for each that does."""

    __slots__ = ("_compiled", "_model", "_packages")

    def __init__(self, model: Model, packages: Iterable[str]) -> None:
        self._model = model
        self._packages = tuple(packages)
        self._compiled: dict[str, Maps] = {}

    def of(self, hospital: Hospital, layer: Layer | None = None) -> Maps:
        """Raises MapError. `layer` is what the hospital changes of these maps."""
        key = "" if layer is None else hospital.id
        known = self._compiled.get(key)
        if known is None:
            whole = layer_of(*self._packages)
            changed = whole if layer is None else overridden(whole, layer)
            known = compile_maps(changed, self._model, TreeSources(), functions(), WORDS)
            self._compiled[key] = known
        return known
