"""Text to tokens. http://hl7.org/fhirpath/N1/#lexical-elements"""

import re
from typing import Final, NamedTuple

from profiles.fhirpath.error import FhirPathError

MAX_LENGTH: Final = 64 * 1024

_TIME = r"\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?"
_DATE = r"\d{4}(?:-\d\d(?:-\d\d)?)?"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN: Final = re.compile(
    rf"""
      (?P<space>      [ \t\r\n]+ | //[^\r\n]* | /\*(?s:.)*?\*/ )
    | (?P<unfinished> /\* )
    | (?P<datetime>   @{_DATE}T (?: {_TIME} (?: Z | [+-]\d\d:\d\d )? )? )
    | (?P<time>       @T{_TIME} )
    | (?P<date>       @{_DATE} )
    | (?P<number>     [0-9]+ (?: \.[0-9]+ )? )
    | (?P<string>     ' (?: [^'\\] | \\(?s:.) )* ' )
    | (?P<delimited>  ` (?: [^`\\] | \\(?s:.) )* ` )
    | (?P<name>       {_NAME} )
    | (?P<special>    \$(?:this|index|total)\b )
    | (?P<constant>   % (?: (?:vs|ext)-[A-Za-z0-9-]+ | {_NAME}
                          | ` (?: [^`\\] | \\(?s:.) )* ` | ' (?: [^'\\] | \\(?s:.) )* ' | "[^"\\]*" ) )
    | (?P<symbol>     <= | >= | != | !~ | [-+*/&|~=<>.,()\[\]{{}}] )
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(?s:(.)))")
_ESCAPED: Final = {
    **{char: char for char in "'\"`\\/"},
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}


class Token(NamedTuple):
    """`text` is as written, but for strings and delimited names: these are unescaped."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """All tokens, with one of kind `end` behind them. Raises FhirPathError."""
    if len(text) > MAX_LENGTH:
        raise FhirPathError("syntax", f"The expression has more than {MAX_LENGTH} characters", 0)
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup == "unfinished":
            raise FhirPathError("syntax", _unreadable(text, position), position)
        if match.lastgroup != "space":
            found.append(_token(str(match.lastgroup), match.group(), position))
        position = match.end()
    found.append(Token("end", "", position))
    return found


def _token(kind: str, text: str, position: int) -> Token:
    if kind in ("string", "delimited"):
        return Token(kind, _unescaped(text[1:-1], position), position)
    if kind == "constant":
        name = text[1:]
        return Token(kind, _unescaped(name[1:-1], position) if name[0] in "`'\"" else name, position)
    return Token(kind, text, position)


def _unescaped(text: str, position: int) -> str:
    if "\\" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        code, escape = match.groups()
        if code:
            return chr(int(code, 16))
        if escape not in _ESCAPED:
            raise FhirPathError("syntax", f"\\{escape} is not an escape sequence", position)
        return _ESCAPED[escape]

    return _joined(_ESCAPE.sub(character, text))


def _joined(text: str) -> str:
    """Two escapes that are the halves of a surrogate pair make one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unreadable(text: str, position: int) -> str:
    if text.startswith("/*", position):
        return "The comment does not end"
    if text[position] in "'`":
        return "The text in quotes does not end"
    return f"{text[position]!r} has no meaning here"
