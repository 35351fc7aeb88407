"""How senders and lines break an HL7 v2 message. Pure; all follows from the given source of chance."""

import random
import re
from collections.abc import Callable, Sequence
from typing import Final

LONGEST: Final = 32_000
PIECES: Final = (
    *(
        b"|",
        b"^",
        b"~",
        b"&",
        b"\\",
        b"#",
        b'""',
        b"\r",
        b"\n",
        b"\r\n",
        b"\x00",
        b"\x0b",
        b"\x1c\r",
        b"\xff",
    ),
    *(b"\xc4\xe3", b"\xe6\xbc\xa2", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\xe2\x80\xae", b"\xf0\x9f\x98\x80"),
    *(b"\\X41\\", b"\\X4\\", b"\\XZZ\\", b"\\.br\\", b"\\.sp+9\\", b"\\.sp+999999999\\", b"\\F\\", b"\\H\\"),
    *(b"\\C2842\\", b"\\M2442\\", b"\\Zxx\\", b"\\E\\X41\\E\\", b"MSH|^~\\&|", b"PID|", b"OBX|", b"ZZZ|"),
    *(b"||||||||", b"^^^^^^^^^^", b"~~~~~~~~", b"&&&&", b"20249999", b"20240230", b"202403012560", b"0001"),
    *(b"999999999999999999999", b"-1", b"1e999", b"<0.1", b"NaN", b"Infinity", b"1" * 400, b"0x10", b"+"),
)
# What a parser is told to split by, spoilt.
HEADERS: Final = (
    *(b"MSH|^~\\&#|", b"MSH|^~\\|", b"MSH|^~|", b"MSH|^|", b"MSH||", b"MSH|", b"MSH", b"MSH|^^\\&|"),
    *(
        b"MSH|||||",
        b"MSH^~|\\&^",
        b"MSH#$*@!#",
        b"MSH\x00^~\\&\x00",
        b"MSH\r^~\\&\r",
        b"MSHA^~\\&A",
        b"MSH|^~\\&&|",
    ),
)
CHARSETS: Final = (
    *(b"UNICODE UTF-16", b"GB 18030-2000", b"BIG-5", b"8859/1", b"ASCII", b"ISO IR87", b"NONSENSE", b"~"),
    *(b"UNICODE UTF-8~GB 18030-2000", b"UTF-7", b"IDNA", b"ROT13", b"base64", b"unicode_escape"),
)
CODECS: Final = ("utf-16", "utf-16-le", "gb18030", "big5", "latin-1", "utf-32", "iso2022_jp", "utf-8-sig")
Change = Callable[[bytes, random.Random], bytes]


def mutated(sources: Sequence[bytes], choose: random.Random) -> bytes:
    """A message with one to eight things wrong, and not longer than a limit."""
    raw = choose.choice(sources)
    for _ in range(choose.randint(1, 8)):
        raw = choose.choices(CHANGES, _WEIGHTS)[0](raw, choose)[:LONGEST]
    return raw


def inserted(raw: bytes, choose: random.Random) -> bytes:
    at, _ = _span(raw, choose)
    return raw[:at] + choose.choice(PIECES) + raw[at:]


def replaced(raw: bytes, choose: random.Random) -> bytes:
    at, to = _span(raw, choose)
    return raw[:at] + choose.choice(PIECES) + raw[to:]


def cut(raw: bytes, choose: random.Random) -> bytes:
    at, to = _span(raw, choose)
    return raw[:at] + raw[to:]


def repeated(raw: bytes, choose: random.Random) -> bytes:
    at, to = _span(raw, choose)
    return raw[:at] + raw[at:to] * choose.choice((2, 3, 50)) + raw[to:]


def truncated(raw: bytes, choose: random.Random) -> bytes:
    return raw[: choose.randrange(len(raw) + 1)]


def flipped(raw: bytes, choose: random.Random) -> bytes:
    """A bit of the line."""
    if not raw:
        return raw
    changed = bytearray(raw)
    changed[choose.randrange(len(raw))] ^= 1 << choose.randrange(8)
    return bytes(changed)


def headed(raw: bytes, choose: random.Random) -> bytes:
    """Other delimiters than the message is written with."""
    return choose.choice(HEADERS) + raw[9:]


def redelimited(raw: bytes, choose: random.Random) -> bytes:
    """The whole message in another set of delimiters, as some senders have them."""
    return raw.translate(
        bytes.maketrans(b"|^~\\&", choose.choice((b"!@#$%", b"^|~\\&", b"\t;,/:", b"|~^\\&")))
    )


def bombed(raw: bytes, choose: random.Random) -> bytes:
    """Very many repetitions, components, sub-components or fields where one value was."""
    at, _ = _span(raw, choose)
    unit = choose.choice((b"~", b"^", b"&", b"|", b"A~", b"A^B~", b"A&B^", b"1|", b'""~', b"\\F\\", b"\\"))
    return raw[:at] + unit * choose.choice((100, 1000, 10_000)) + raw[at:]


def nested(raw: bytes, choose: random.Random) -> bytes:
    """A value with every separator inside every other, and escapes of escapes."""
    at, _ = _span(raw, choose)
    value = b"A"
    for sign in choose.choices((b"&", b"^", b"~", b"\\E\\", b"\\T\\"), k=choose.randint(3, 10)):
        value = sign.join((value, value))
    return raw[:at] + value + raw[at:]


def giant(raw: bytes, choose: random.Random) -> bytes:
    at, _ = _span(raw, choose)
    fill = choose.choice((b"A", b"9", b" ", b"\\", b"\xe6\xbc\xa2", b"\\X41\\", b"A ", b"-", b"."))
    return raw[:at] + fill * choose.choice((1000, 10_000, 30_000)) + raw[at:]


def with_local(raw: bytes, choose: random.Random) -> bytes:
    """A segment of the sender's own, anywhere."""
    lines = raw.split(b"\r")
    named = choose.choice((b"ZPI", b"Z99", b"ZZZ", b"QQQ", b"zpi", b"Z", b"MSH", b"FTS", b"ADD", b"DSC"))
    lines.insert(choose.randrange(len(lines) + 1), named + b"|1|A^B~C" * choose.randint(0, 3))
    return b"\r".join(lines)


def shuffled(raw: bytes, choose: random.Random) -> bytes:
    head, *rest = raw.split(b"\r")
    choose.shuffle(rest)
    return b"\r".join([head, *rest])


def swapped(raw: bytes, choose: random.Random) -> bytes:
    """Two fields of a segment for one another."""
    lines = raw.split(b"\r")
    at = choose.randrange(len(lines))
    fields = lines[at].split(b"|")
    one, other = choose.randrange(len(fields)), choose.randrange(len(fields))
    fields[one], fields[other] = fields[other], fields[one]
    lines[at] = b"|".join(fields)
    return b"\r".join(lines)


def copied(raw: bytes, choose: random.Random) -> bytes:
    """A segment again and again."""
    lines = raw.split(b"\r")
    at = choose.randrange(len(lines))
    return b"\r".join(lines[:at] + [lines[at]] * choose.choice((2, 5, 60)) + lines[at:])


def nulled(raw: bytes, choose: random.Random) -> bytes:
    """Every value of a segment deleted."""
    lines = raw.split(b"\r")
    at = choose.randrange(len(lines))
    lines[at] = re.sub(rb"(?<=\|)[^|]+", b'""', lines[at]) if at else lines[at]
    return b"\r".join(lines)


def retyped(raw: bytes, choose: random.Random) -> bytes:
    """Of another type or version than the message is of."""
    kinds = (
        b"ADT^A40^ADT_A39",
        b"ORU^R01^ADT_A01",
        b"RDE^O11",
        b"MFN^M02",
        b"SIU^S12",
        b"ZZZ^Z99",
        b"^",
        b"ACK",
        b"ADT^A45",
    )
    lines = raw.split(b"\r")
    fields = [*lines[0].split(b"|"), *[b""] * 20][:20]
    fields[8] = choose.choice(kinds)
    fields[11] = choose.choice(
        (b"2.1", b"2.2", b"2.3", b"2.3.1", b"2.4", b"2.5", b"2.6", b"2.7.1", b"2.8", b"2.9", b"3", b"")
    )
    lines[0] = b"|".join(fields)
    return b"\r".join(lines)


def recoded(raw: bytes, choose: random.Random) -> bytes:
    """In another character set than it says, or saying one that it is not in."""
    lines = raw.split(b"\r")
    fields = [*lines[0].split(b"|"), *[b""] * 20][:20]
    if choose.random() < 0.5:
        fields[17] = choose.choice(CHARSETS)
        lines[0] = b"|".join(fields)
        return b"\r".join(lines)
    return raw.decode("utf-8", "replace").encode(choose.choice(CODECS), "replace")


def ended(raw: bytes, choose: random.Random) -> bytes:
    """With other line ends."""
    return raw.replace(b"\r", choose.choice((b"\n", b"\r\n", b"\n\r", b"\r\r", b"", b"\x85", b"\x1c\r")))


def wrapped(raw: bytes, choose: random.Random) -> bytes:
    """As a batch, or in frames."""
    return choose.choice(
        (
            b"FHS|^~\\&|\rBHS|^~\\&|\r%b\rBTS|7\rFTS|9\r",
            b"\x0b%b\x1c\r",
            b"\x0b%b",
            b"%b\r%b",
            b"\xef\xbb\xbf%b",
            b"\r\n %b",
        )
    ).replace(b"%b", raw)


def _span(raw: bytes, choose: random.Random) -> tuple[int, int]:
    at = choose.randrange(len(raw) + 1)
    return at, min(len(raw), at + choose.choice((0, 1, 2, 5, 20, 200)))


_OFTEN: Final = (inserted, replaced, cut, repeated)
_SOMETIMES: Final = (
    truncated,
    flipped,
    headed,
    with_local,
    shuffled,
    swapped,
    copied,
    nulled,
    retyped,
    recoded,
)
_SELDOM: Final = (redelimited, bombed, nested, giant, ended, wrapped)
CHANGES: Final[Sequence[Change]] = (*_OFTEN, *_SOMETIMES, *_SELDOM)
_WEIGHTS: Final = (*[6] * len(_OFTEN), *[2] * len(_SOMETIMES), *[1] * len(_SELDOM))
