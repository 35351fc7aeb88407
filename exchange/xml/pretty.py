"""The same XML with a line for each element, for human eyes.

https://hl7.org/fhir/R4/http.html#parameters
"""

from exchange.xml.narrative import ROOT
from exchange.xml.parser import new_parser, parse

_STEP = b"  "


def pretty(document: bytes) -> bytes:
    """`document` as `dumps` made it, indented; narratives stay as they are, for white space matters there."""
    parser = new_parser()
    breaks: list[tuple[int, int]] = []
    parents: list[bool] = []  # of each open element, whether it has elements
    narrative = 0

    def start(tag: str, attributes: object) -> None:
        nonlocal narrative
        if not narrative:
            breaks.append((parser.CurrentByteIndex, len(parents)))
            parents[-1:] = [True] if parents else []
            parents.append(False)
        if narrative or tag == ROOT:
            narrative += 1

    def end(tag: str) -> None:
        nonlocal narrative
        narrative = max(narrative - 1, 0)
        if not narrative and parents.pop():
            breaks.append((parser.CurrentByteIndex, len(parents)))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parse(parser, document)
    pieces: list[bytes] = []
    last = 0
    for place, depth in breaks:
        pieces += document[last:place], b"\n", _STEP * depth
        last = place
    return b"".join(pieces) + document[last:] + b"\n"
