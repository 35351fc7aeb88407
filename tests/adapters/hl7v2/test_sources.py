import pytest

from adapters.hl7v2.parse import parse
from adapters.hl7v2.reading import Node
from adapters.hl7v2.sources import V2Sources
from adapters.mapping.draft import Scope
from adapters.mapping.fault import Place
from adapters.mapping.rows import LocalSegment

MESSAGE = parse('MSH|^~\\&|A|B\rPID|1||7^^^N&1.2.3&ISO~8\rPV1|1|""|^R1\rOBX|1|NM|A||\rOBX|2|NM|B')
NODES = [Node(segment, MESSAGE.delimiters, "ADT", "A08") for segment in MESSAGE.segments]
ROOT = Scope("", None)
for node in NODES:
    ROOT.nodes.setdefault(node.segment.name, []).append(node)
INNER = Scope("INNER", ROOT, lambda name: NODES[4] if name == "OBX" else None)
SOURCES = V2Sources({"ZPI": LocalSegment(Place("h.yaml", 1), 2, {"bed": 2})})
PID, PV1 = NODES[1], NODES[2]


@pytest.mark.parametrize(
    ("path", "segment", "found"),
    [
        ("PID-3", "PID", ["7", "8"]),
        ("PID-3.4", "PID", ["N"]),
        ("PID-3.4.2", "PID", ["1.2.3"]),
        ("PV1-3.2", "PID", ["R1"]),
        ("OBX-3", "PID", ["A"]),
        ("PID-5", "PID", []),
        ("NK1-2", "PID", []),
        ("ZPI-2", "PID", []),
        ("ZPI-bed", "PID", []),
    ],
)
def test_values(path: str, segment: str, found: list[str]) -> None:
    source = SOURCES.source(path, segment)
    texts = []
    if source.look(PID, INNER):
        texts = [value.text(1) for value in source.values(source.owner(PID, INNER))]
    assert texts == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("PID-3", "7"),
        ("PID-3.4.2", "1.2.3"),
        ("PV1-3", "^R1"),
        ("PV1-2", ""),
        ("OBX-3", "A"),
        ("below.OBX-3", "B"),
        ("below.OBX", "OBX"),
        ("below.SPM", ""),
        ("event", "A08"),
        ("type", "ADT"),
    ],
)
def test_texts(path: str, text: str) -> None:
    assert SOURCES.text(path, "PID")(PID, INNER) == text


def test_repeats() -> None:
    assert SOURCES.repeats("PID-3", "PID")(PID, ROOT)
    assert not SOURCES.repeats("PID-1", "PID")(PID, ROOT)
    assert not SOURCES.repeats("PID-5", "PID")(PID, ROOT)


def test_ignoring_is_noted_at_the_owner() -> None:
    SOURCES.source("PV1-3", "PID").ignore(PID, INNER)
    assert PV1.out == {3}


@pytest.mark.parametrize(
    "path", ["PID-41", "PID-3.13", "PID-8.1.3", "XYZ-1", "ZPI-3", "pid-3", "PID-0", "PID-3.", "", "PID 3"]
)
def test_paths_that_find_nothing_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        SOURCES.source(path, "PID")
