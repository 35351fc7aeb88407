"""Large code systems packed: what a table stores in parts, and what a worker holds in memory.

Codes and displays are held as texts, edges in arrays, all else of a concept as JSON in one run of bytes
that is read when somebody asks for it.

https://hl7.org/fhir/R4/codesystem.html
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, overload

import msgspec
import zstandard

from terminology.code_system import CodeSystem, Entry, Header
from terminology.hierarchy import Hierarchy

PART: Final = 20_000
LEVEL: Final = 6
NOTHING: Final[Entry] = {}


class Concept(msgspec.Struct, array_like=True, frozen=True):
    """`above` are the numbers of its parents; `rest` is JSON, empty if there is nothing more to say."""

    code: str
    display: str
    above: tuple[int, ...] = ()
    rest: bytes = b""


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Concept])
_JSON: Final = msgspec.json.Decoder(dict[str, Any])


def rest_of(entry: Mapping[str, Any]) -> bytes:
    """What is kept of a concept beside its code and display."""
    rest = {name: value for name, value in entry.items() if name not in ("code", "display", "concept")}
    return msgspec.json.encode(rest) if rest else b""


def parts(concepts: Iterable[Concept]) -> Iterator[bytes]:
    """The concepts in their order, so many at a time, each part compressed."""
    compressor = zstandard.ZstdCompressor(level=LEVEL)
    left = iter(concepts)
    while some := list(islice(left, PART)):
        yield compressor.compress(_ENCODER.encode(some))


def unpacked(part: bytes) -> list[Concept]:
    return _DECODER.decode(zstandard.ZstdDecompressor().decompress(part))


class Rests(Sequence[Entry]):
    """The entries of all concepts, read one by one."""

    __slots__ = ("_at", "_bytes")

    def __init__(self, rests: Iterable[bytes]) -> None:
        listed = list(rests)
        self._at = array("Q", [0])
        at = 0
        for rest in listed:
            at += len(rest)
            self._at.append(at)
        self._bytes = b"".join(listed)

    def __len__(self) -> int:
        return len(self._at) - 1

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        start, end = self._at[index], self._at[index + 1]
        return _JSON.decode(self._bytes[start:end]) if end > start else NOTHING

    @property
    def nbytes(self) -> int:
        return len(self._bytes) + 8 * len(self._at)


def assembled(header: Header, given: Iterable[bytes]) -> CodeSystem:
    """The code system of all its parts, in their order."""
    codes: list[str] = []
    displays: list[str] = []
    edges: list[tuple[int, int]] = []
    rests: list[bytes] = []
    for part in given:
        for concept in unpacked(part):
            number = len(codes)
            codes.append(concept.code)
            displays.append(concept.display)
            edges.extend((above, number) for above in concept.above)
            rests.append(concept.rest)
    numbers = {code: number for number, code in enumerate(codes)}
    return CodeSystem(header, codes, displays, numbers, Hierarchy(len(codes), edges), Rests(rests))
