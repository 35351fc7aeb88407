"""A Signature: that its data has the format that it names.

https://hl7.org/fhir/R4/datatypes.html#signature
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from terminology.issue import Issue

# Header, payload (absent, for what is signed stands elsewhere) and signature.
_JWS: Final = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
_JOSE: Final = "application/jose"
_XML: Final = "application/signature+xml"


def signature(value: Mapping[str, Any], context: Context) -> Iterator[Issue]:
    data, form = value.get("data"), value.get("sigFormat")
    if data is None:
        if form is not None and "_data" not in value:
            text = f"The format of a signature is told ({form}), and there is none"
            yield context.issue("warning", "business-rule", text, "signature-data")
        return
    if form is None:
        text = "Without its format nobody can verify the signature"
        yield context.issue("warning", "business-rule", text, "signature-format")
        return
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except binascii.Error:
        return  # told elsewhere
    is_right = {_JOSE: bool(_JWS.fullmatch(raw.strip())), _XML: raw.lstrip()[:1] == b"<"}.get(form, True)
    if not is_right:
        text = f"The signature does not look like one of the format {form}"
        yield context.issue("warning", "business-rule", text, "signature-form", ".data")
