"""The URL by which a definition is known. https://hl7.org/fhir/R4/references.html#canonical"""

from collections.abc import Iterator, Mapping
from typing import Any

from profiles.validator.context import Context
from profiles.validator.special.form import form_issue
from terminology.issue import Issue


def canonical_resource(value: Mapping[str, Any], context: Context) -> Iterator[Issue]:
    url = value.get("url")
    if url is not None and ":" not in url:
        text = f"The URL of a definition is absolute, not {url!r}"
        yield from form_issue(context, "invalid", text, "canonical-url", ".url")
