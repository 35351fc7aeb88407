"""Which elements of XHTML may stand in which. https://www.w3.org/TR/html401/index/elements.html"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_BLOCKS: Final = frozenset(("div", "ol", "pre", "table", "ul"))
_PARAGRAPH_BLOCKS: Final = frozenset(("blockquote", "p"))
_ONCE: Final = frozenset(
    (
        "a", "abbr", "acronym", "b", "bdo", "big", "cite", "code", "dfn", "em", "i", "kbd", "q", "samp",
        "small", "strong", "sub", "sup", "tt", "var",
    )
)  # fmt: skip
_TEXTS: Final = _ONCE.union(
    ("address", "caption", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "span")
)
_EMPTY: Final = frozenset(("area", "br", "hr", "img"))
_CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    "dl": frozenset(("dd", "dt")),
    "map": frozenset(("area",)),
    "ol": frozenset(("li",)),
    "table": frozenset(("caption", "col", "colgroup", "tbody", "tfoot", "thead", "tr")),
    "tbody": frozenset(("tr",)),
    "tfoot": frozenset(("tr",)),
    "thead": frozenset(("tr",)),
    "tr": frozenset(("td", "th")),
    "ul": frozenset(("li",)),
}
_PARENTS: Final[Mapping[str, frozenset[str]]] = {
    child: frozenset(parent for parent, children in _CHILDREN.items() if child in children)
    for child in ("caption", "colgroup", "dd", "dt", "li", "tbody", "td", "tfoot", "th", "thead", "tr")
} | {"col": frozenset(("colgroup", "table"))}


def misplaced(name: str, path: Sequence[str]) -> Iterator[str]:
    """What is wrong with an element below those of `path`, the outermost first."""
    parent = path[-1] if path else ""
    if parent in _CHILDREN and name not in _CHILDREN[parent]:
        yield f"There is no {name!r} directly in {parent!r}"
    elif name in _PARENTS and parent not in _PARENTS[name]:
        yield f"{name!r} stands in {' or '.join(sorted(_PARENTS[name]))} only, not in {parent!r}"
    if parent in _EMPTY:
        yield f"{parent!r} is empty, and has no {name!r}"
    if name in _ONCE and name in path:
        yield f"{name!r} does not stand in another {name!r}"
    if name in _BLOCKS and (text := next((one for one in path if one in _TEXTS), None)):
        yield f"The block {name!r} does not stand in the text of {text!r}"
    elif name in _PARAGRAPH_BLOCKS and "p" in path:
        yield f"The block {name!r} does not stand in a paragraph"


def misplaced_text(path: Sequence[str]) -> str:
    """What is wrong with text directly in the last element of `path`."""
    parent = path[-1] if path else ""
    if parent in _CHILDREN or parent in _EMPTY:
        return f"There is no text directly in {parent!r}"
    return ""
