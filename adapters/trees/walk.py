"""Goes through a tree and runs the maps that are for each element, each in a scope of its own."""

from collections.abc import Sequence

from adapters.mapping.compiled import Maps
from adapters.mapping.draft import Scope
from adapters.mapping.run import Work
from adapters.trees.element import Element

# What others refer to comes first, wherever it stands.
_FIRST = (
    *("recordTarget", "componentOf", "componentOf1", "subject", "subject1", "patient", "encounter"),
    *("custodian", "author", "coveredPartyOf", "informationRecipient", "participant"),
)
_ORDER = {name: place for place, name in enumerate(_FIRST)} | {"verifier": len(_FIRST) + 1}


def walk(root: Element, maps: Maps, work: Work) -> None:
    """Runs everything below an element, itself included."""
    _visit(root, None, maps, work)


def _visit(element: Element, parent: Scope | None, maps: Maps, work: Work) -> None:
    scope = Scope(element.name, parent)
    if not element.claimed:
        for each in maps.route(element.name, ""):
            if each.when is None or each.when.holds(element, scope):
                work.run(each, element, scope)
                element.taken |= bool(each.resource)
    for child in _ordered(element.children):
        _visit(child, scope, maps, work)
    work.close(scope)


def _ordered(children: Sequence[Element]) -> Sequence[Element]:
    if not any(child.name in _ORDER for child in children):
        return children
    return sorted(children, key=lambda child: _ORDER.get(child.name, len(_FIRST)))
