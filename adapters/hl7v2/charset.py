"""Character sets of HL7 v2 messages: bytes become text before anything is split.

https://www.hl7.org/fhir/R4/v2/0211/index.html (Table 0211). A GB18030 or Big5 trail byte can be 0x5C, 0x5E,
0x7C or 0x7E, which are delimiters as ASCII: so the whole message is decoded first, and MSH-18 looked for in a
reading that cannot cut a character in two. Undecodable bytes are an error; nothing is ever replaced.
"""

import codecs
import re
from collections.abc import Iterator
from functools import cache

from adapters.hl7v2.fault import DATA_TYPE_ERROR, MessageError

# Python's gb18030 is a superset of GBK and GB2312; UTF-8 is one of ASCII, which vendors declare by habit.
_CODECS = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "iso ir6": "utf-8",
    "unicode": "utf-8",
    "unicode utf-8": "utf-8",
    "unicode utf-16": "utf-16",
    "unicode utf-32": "utf-32",
    "gb 18030-2000": "gb18030",
    "gb18030-2000": "gb18030",
    "gb 18030": "gb18030",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "gb2312": "gb18030",
    "gb 2312": "gb18030",
    "gb 2312-80": "gb18030",
    "big-5": "cp950",
    "big5": "cp950",
    "ks x 1001": "cp949",
    "iso ir87": "iso2022_jp",
    "iso ir14": "iso2022_jp",
    "iso ir159": "iso2022_jp_2",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}
_WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32"})
_EAST = frozenset({"gb18030", "cp949", "cp950", "big5hkscs", "iso2022_jp", "shift_jis", "euc_jp", "euc_kr"})
_READINGS = ("utf-8", "gb18030", "latin-1")
_FIRST_LINE = re.compile(rb"[^\r\n]*")


@cache
def codec_named(name: str) -> str | None:
    """The Python codec of a Table 0211 name or a vendor's spelling (`GBK`, `utf8`), or None if unknown."""
    key = " ".join(name.replace("_", "-").lower().split())
    if key in _CODECS:
        return _CODECS[key]
    try:
        found = codecs.lookup(key).name
    except (LookupError, ValueError):
        return None
    if found in ("gbk", "gb2312"):
        return "gb18030"
    usable = found == "utf-8" or found in _WIDE or found in _EAST or found.startswith(("iso8859", "cp125"))
    return found if usable else None


def declared(raw: bytes) -> str:
    """MSH-18 as sent (its first repetition), or "" where it is blank."""
    found = ""
    for _, fields in _readings(raw):
        if len(fields) > 18 and (name := fields[18].split(fields[2][1:2] or "~")[0].strip()):
            if codec_named(name):
                return name
            found = found or name
    return found


def header(raw: bytes) -> tuple[str, list[str]]:
    """The MSH segment of a message that may not be decodable, and the codec it could be read with.

    Element n is MSH-n as sent, element 0 `MSH`; no elements if there is no MSH.
    """
    return next(_readings(raw), ("utf-8", []))


def codec(raw: bytes, charset: str | None = None) -> str:
    """The Python codec for `raw`: of its byte order mark, else the channel's, else MSH-18's, else UTF-8."""
    if marked := _marked(raw):
        return marked
    if charset:
        return _known(charset, "the channel")
    name = declared(raw)
    if not name:
        return "utf-8"
    found = _known(name, "MSH-18")
    # Were it UTF-16, these bytes would not have been readable as MSH.
    return "utf-8" if found in _WIDE else found


def decode(raw: bytes, charset: str | None = None) -> str:
    """The message as text. `charset` is the channel's and wins over MSH-18; blank means UTF-8."""
    return text_by(codec(raw, charset), raw)


def text_by(name: str, raw: bytes) -> str:
    """The message as text by the codec that `codec` named."""
    try:
        return raw.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise MessageError(
            DATA_TYPE_ERROR,
            f"byte 0x{raw[error.start]:02X} at offset {error.start} is not {name}: "
            "MSH-18 or the channel must name the charset",
            "MSH-18",
        ) from None


def _known(name: str, where: str) -> str:
    found = codec_named(name)
    if found is None:
        raise MessageError(DATA_TYPE_ERROR, f"{where} names an unknown character set", "MSH-18")
    return found


def _marked(raw: bytes) -> str | None:
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if raw.startswith(b"M\0S\0H\0"):
        return "utf-16-le"
    return "utf-16-be" if raw.startswith(b"\0M\0S\0H") else None


def _readings(raw: bytes) -> Iterator[tuple[str, list[str]]]:
    """The MSH fields under each codec that can read the first line, made as they are asked for.

    A character whose trail byte looks like `|` is never valid UTF-8, so UTF-8 comes first and cannot miscut.
    """
    marked = _marked(raw)
    if marked and marked != "utf-8":
        line = raw.decode(marked, "replace").removeprefix("\ufeff").split("\r")[0].split("\n")[0]
        if line.startswith("MSH") and len(line) > 4:
            yield marked, _fields(line)
        return
    match = _FIRST_LINE.match(raw.removeprefix(codecs.BOM_UTF8).lstrip())
    first = match.group() if match else b""
    if not first.startswith(b"MSH") or len(first) < 5:
        return
    for name in _READINGS:
        try:
            line = first.decode(name)
        except UnicodeDecodeError:
            continue
        yield name, _fields(line)


def _fields(line: str) -> list[str]:
    return ["MSH", line[3], *line[4:].split(line[3])]
