"""A section's text → Narrative: only markup that FHIR allows, written anew, so that nothing active passes.

https://hl7.org/fhir/R4/narrative.html
"""

from html import escape
from typing import Any

from adapters.hl7v2.context import Context
from adapters.trees.element import Element
from adapters.trees.reading import Value

Json = dict[str, Any]
_NAMES = {
    "paragraph": "p",
    "list": "ul",
    "item": "li",
    "content": "span",
    "caption": "p",
    "linkHtml": "span",
    **{name: name for name in ("table", "thead", "tbody", "tfoot", "tr", "th", "td", "sup", "sub", "br")},
    "colgroup": "",
    "col": "",
    "renderMultiMedia": "",
    "footnote": "span",
    "footnoteRef": "span",
}
_SPANS = ("colspan", "rowspan")


def narrative_div(value: Value, context: Context) -> Json | None:
    """Narrative of the whole element."""
    inner = _inside(value.element)
    value.read_all()
    if not inner.strip():
        return None
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'
    return {"status": "generated", "div": div}


def _inside(element: Element) -> str:
    made = [escape(part, quote=False) if isinstance(part, str) else _markup(part) for part in element.content]
    return "".join(made)


def _markup(element: Element) -> str:
    inner = _inside(element)
    name = _NAMES.get(element.name, "span" if inner.strip() else "")
    if element.name == "list" and element.peek("listType") == "ordered":
        name = "ol"
    if name == "br":
        return "<br/>"
    if not name:
        return inner
    spans = "".join(f' {each}="{value}"' for each in _SPANS if (value := element.peek(each)).isdigit())
    caption = element.name == "caption" and element.parent is not None and element.parent.name == "table"
    return f"<caption>{inner}</caption>" if caption else f"<{name}{spans}>{inner}</{name}>"
