"""Markdown has no tags of HTML. https://hl7.org/fhir/R4/datatypes.html#markdown"""

import re
from collections.abc import Iterator
from typing import Any, Final

from profiles.validator.context import Context
from terminology.issue import Issue

_TAG: Final = re.compile(r"(?<!\\)</?[A-Za-z][^<>\n]{0,200}>")
_CODE: Final = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK: Final = re.compile(r"<(?:https?|mailto|ftp)[^<>]*>|<[^<>\s]+@[^<>\s]+>")


def markdown(value: Any, context: Context) -> Iterator[Issue]:
    """What looks like a tag; code and autolinks are none."""
    if not isinstance(value, str) or "<" not in value:
        return
    match = _TAG.search(_LINK.sub("", _CODE.sub("", value)))
    if match:
        text = f"The markdown holds what looks like an HTML tag, beginning {match[0][:2]!r}"
        yield context.issue("warning", "invalid", text, "markdown-html")
