"""What is wrong with the URL of a link or of an image. https://www.rfc-editor.org/rfc/rfc3986#appendix-A"""

import re
from typing import Final

_CHARACTERS: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%|{}^`\"\\ -]|[^\x00-\x7f]")
_DATA: Final = re.compile(r"data:([^,]*),(.*)", re.DOTALL)
_MIME: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+(?:;[\w-]+=[^;,]+)*")
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_MARK: Final = ";base64"


def url_fault(url: str) -> str:
    """Nothing, if all is well."""
    if url == "":
        return "it is empty"
    if url.startswith("data:"):
        return _data_fault(url)
    wrong = {one for one in url if not _CHARACTERS.fullmatch(one)}
    return f"it has the characters {', '.join(sorted(map(repr, wrong)))}" if wrong else ""


def _data_fault(url: str) -> str:
    match = _DATA.fullmatch(url)
    if match is None:
        return "it has no data"
    kind, data = match[1], match[2]
    mime = kind.removesuffix(_MARK)
    if mime and not _MIME.fullmatch(mime):
        return f"{mime[:60]!r} is no MIME type"
    if kind.endswith(_MARK) and not _BASE64.fullmatch("".join(data.split())):
        return "its data is not base64"
    return ""
