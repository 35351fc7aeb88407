"""What to say of a definition that is deprecated, withdrawn, retired, experimental or a draft.

https://hl7.org/fhir/R4/extension-structuredefinition-standards-status.html
"""

from collections.abc import Mapping
from typing import Any, Literal

from terminology.code_system import Header
from terminology.compile_code_system import header_of

Warned = Literal["deprecated", "withdrawn", "retired", "experimental", "draft", ""]


def warning_of(used: Header | Mapping[str, Any], user: Mapping[str, Any]) -> Warned:
    """Of what is used, unless its user is of the same status itself."""
    there = used if isinstance(used, Header) else header_of(used)
    here = header_of(user)
    if there.standards_status in ("deprecated", "withdrawn"):
        same = there.standards_status == here.standards_status
        return "" if same else ("deprecated" if there.standards_status == "deprecated" else "withdrawn")
    if there.status == "retired":
        return "" if here.status == "retired" else "retired"
    if there.is_experimental:
        return "" if here.is_experimental else "experimental"
    drafts = ("draft" in (each.status, each.standards_status) for each in (there, here))
    return "draft" if next(drafts) and not next(drafts) else ""
