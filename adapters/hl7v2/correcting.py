"""A message with other values at some addresses; every other byte of it stays. Pure.

HL7 v2.8 chapter 2, 2.5 Message construction.
"""

from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.parse import NULL, Segment, parse, split_address


class NoSuchPlace(ValueError):
    """An address names a segment that is there, and a field of it (PID-8, OBX[2]-5.1)."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address[:60]!r} is no place in the message: {self.__doc__}")


def corrected(text: str, address: str, value: str, codec: str = "utf-8") -> str:
    """The text with a value put at an address. Of a field or repetition the value is as HL7 v2 writes it
    (`A^B`), of a component or sub-component it is plain text. Raises NoSuchPlace, and MessageError."""
    try:
        name, index, field, repetition, component, subcomponent = split_address(address)
    except ValueError as error:
        raise NoSuchPlace(address) from error
    message = parse(text, codec)
    found = next((each for each in message.segments if (each.name, each.index) == (name, index)), None)
    if found is None or not field or (name == "MSH" and field < 3) or "\r" in value or "\n" in value:
        raise NoSuchPlace(address)
    of = message.delimiters
    sent = found.fields()
    before = sent[field] if field < len(sent) else ""
    after = _put(before, of, (repetition, component, subcomponent), value)
    start = _start(text, message.segments, found)
    line = _with_field(found, of, field, after)
    return text[:start] + line + text[start + len(found.raw) :]


def _put(field: str, of: Delimiters, place: tuple[int, int, int], value: str) -> str:
    repetition, component, subcomponent = place
    if not (repetition or component):
        return value
    told = value if not component or value == NULL else of.escaped(value)
    ways = ((of.repetition, repetition or 1), (of.component, component), (of.subcomponent, subcomponent))
    return _nested(field, [(sign, number) for sign, number in ways if number], told)


def _nested(text: str, ways: list[tuple[str, int]], value: str) -> str:
    if not ways:
        return value
    (sign, number), *rest = ways
    parts = text.split(sign)
    parts += [""] * (number - len(parts))
    parts[number - 1] = _nested(parts[number - 1], rest, value)
    return sign.join(parts)


def _with_field(segment: Segment, of: Delimiters, number: int, value: str) -> str:
    """In MSH the first separator is a field of its own."""
    parts = segment.raw.split(of.field)
    place = number - 1 if segment.name == "MSH" else number
    parts += [""] * (place + 1 - len(parts))
    parts[place] = value
    return of.field.join(parts)


def _start(text: str, segments: list[Segment], wanted: Segment) -> int:
    """Where a segment begins; they stand in the text one after the other, as they are."""
    place = 0
    for each in segments:
        place = text.index(each.raw, place)
        if each is wanted:
            break
        place += len(each.raw)
    return place
