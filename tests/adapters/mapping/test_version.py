"""The digest of maps: by their content, not by where they are written."""

from adapters.mapping.read import read_layer
from adapters.mapping.version import LENGTH, digest

MAPS = """
maps:
  - map: OBX-Observation
    segment: OBX
    resource: Observation
    label: observation
    identity: [OBX-3]
    rows:
      - {id: OBX-3, source: OBX-3, target: code, function: cwe_concept}
      - {id: status, target: status, value: final}
"""


def test_only_what_maps_say_counts() -> None:
    known = digest(read_layer(MAPS, "a.yaml"))
    assert len(known) == LENGTH
    assert digest(read_layer("# a comment\n\n" + MAPS, "other.yaml")) == known
    for before, after in (("final", "amended"), ("cwe_concept", "text"), ("id: status", "id: state")):
        assert digest(read_layer(MAPS.replace(before, after), "a.yaml")) != known


def test_parts_do_not_run_into_each_other() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest(["a", "bc"]), digest({"a": "bc"})}) == 4
    assert digest(1) != digest("1")
    assert digest(frozenset("ab")) == digest(frozenset("ba"))
