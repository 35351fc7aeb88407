"""What the peer is given and what the table says of two measurements."""

import random
from itertools import islice
from xml.etree import ElementTree

import pytest

from benchmarks import peer, workload
from benchmarks.generator import Figures


def test_maven_is_asked_for_pinned_versions() -> None:
    tree = ElementTree.fromstring(peer.pom())
    names = {"m": "http://maven.apache.org/POM/4.0.0"}
    found = [":".join(part.text or "" for part in each) for each in tree.findall(".//m:dependency", names)]
    assert found == list(peer.LIBRARIES)


def test_a_bundle_keeps_the_ids() -> None:
    bundle = peer.transaction(list(islice(workload.resources(), 2)))
    assert [entry["request"]["url"] for entry in bundle["entry"]] == ["Patient/bench-0", "Patient/bench-1"]


def test_requests_ask_only_for_what_a_smaller_corpus_holds() -> None:
    patients = workload.PATIENTS
    workload.resize(1)
    try:
        held = {each["id"] for each in workload.resources() if each["resourceType"] == "Observation"}
        read = workload.OPERATIONS[0].request(random.Random(1), "")
        assert read.split()[1].rpartition(b"/")[2].decode() in held
        assert len(held) == 50
    finally:
        workload.resize(patients)


def test_the_table_compares_each_round_with_itself() -> None:
    def measured(count: int) -> peer.Measured:
        return peer.Measured(Figures(1.0, [0.01] * count, 0, 0, 0.0), 5.0)

    rounds = {"read": {"hub": [measured(90), measured(20)], "peer": [measured(30), measured(10)]}}
    head, row = peer.table(rounds)
    assert head.split()[:3] == ["hub/s", "peer/s", "ratio"]
    assert row.split() == ["read", "55", "20", "2.5", "10.0", "10.0", "5", "5", "0+0"]


def test_without_java_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["peer"])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="missing: java, javac, mvn"):
        peer.main()
