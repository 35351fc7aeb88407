"""The judge of linkage: figures, and which files make which case."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.linkage import cases, judge, records_of
from conformance.linkage_figures import figures
from conformance.linkage_files import Records, read


def test_figures_of_pairs_and_persons() -> None:
    found = figures([0, 0, 1, 2, 2, 2], ["a", "a", "b", "c", "c", "d"], [0] * 6)
    assert (found.precision, found.recall) == (0.5, 1.0)
    assert found.persons == 0.5


def test_only_pairs_across_two_files_count() -> None:
    assert figures([0, 0, 0], ["a", "a", "a"], [0, 0, 1]).recall == 1.0
    assert figures([0, 0, 1], ["a", "b", "a"], [0, 0, 1]).recall == 0.0


class ById:
    """Reads the truth, which a linkage may not."""

    def groups(self, files: Sequence[Records], columns: Mapping[str, Any]) -> list[tuple[int, str]]:
        return [(int(value) // 10, "link") for records in files for value in records["rec_id"]]

    def pairs(
        self, records: Records, pairs: Sequence[tuple[int, int]], columns: Mapping[str, Any]
    ) -> list[str]:
        return ["link"] * len(pairs)


def test_files_are_told_by_their_names(tmp_path: Path) -> None:
    for name in ("dataset_A_4.csv", "dataset_D_org_4.csv", "dataset_D_dup_4.csv", "else.csv"):
        (tmp_path / name).write_text("rec_id,given_name\n10,ann\n11,anna\n20,ben\n21,ben\n")
    suite = cases(tmp_path)
    assert [(case.kind, case.name) for case in suite] == [
        ("dsgen_dedupe", "dataset_A_4"),
        ("dsgen_link", "dataset_D_org_4"),
    ]
    report = judge(suite, ById(), {})
    assert [verdict.outcome for verdict in report.verdicts] == ["passed", "passed"]
    assert "F1 1.0000" in report.verdicts[0].found


def test_files_without_names_of_columns_are_read(tmp_path: Path) -> None:
    (tmp_path / "test1.csv").write_text("rec-10-org, ann, lee\nrec-20-org, ben, wu\n")
    (tmp_path / "test2.csv").write_text("rec-10-dup-0, anna, lee\n")
    (case,) = cases(tmp_path)
    assert case.kind == "zingg_link"
    first, second = records_of(case)
    assert (first["rec_id"], first["surname"]) == (["rec-10-org", "rec-20-org"], ["lee", "wu"])
    assert (second["given_name"], second["soc_sec_id"]) == (["anna"], [""])


def test_pairs_are_judged_by_wrong_links(tmp_path: Path) -> None:
    line = '{"test": "1", "expect": "Not a Match", "a": {"nameFirst": "ann"}, "b": {"nameFirst": "ben"}}\n'
    (tmp_path / "MIIS-X.jsonl").write_text(2 * line + line.replace("Not a Match", "Match"))
    (verdict,) = judge(cases(tmp_path), ById(), {}).verdicts
    assert verdict.outcome == "failed"
    assert "2 non-matches linked" in verdict.found


def test_an_odd_set_does_not_end_the_suite(tmp_path: Path) -> None:
    (tmp_path / "MIIS-none.jsonl").write_text('{"test": "1", "expect": "Not a Match", "a": {}, "b": {}}\n')
    (tmp_path / "dataset_A_1.csv").write_text("given_name\nann\n")
    (tmp_path / "dataset_A_2.csv").write_bytes(b"rec_id\n\xff\n")
    (tmp_path / "dataset_A_3.csv").write_text("")
    verdicts = judge(cases(tmp_path), ById(), {}).verdicts
    assert [verdict.outcome for verdict in verdicts] == ["failed", "failed", "failed", "passed"]
    assert "KeyError" in verdicts[0].found


def test_a_folder_without_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cases(tmp_path)


def test_clusters_of_records_like_patients_are_read(tmp_path: Path) -> None:
    record = {
        "birth_date": "1990-05-06",
        "name": [{"family": "Abel", "given": ["Ann", "B"]}],
        "address": [],
        "telecom": None,
        "identifiers": [{"type": "SS", "value": "123-45-6789"}],
    }
    document = {"clusters": [{"records": [record, record]}, {"records": [record]}]}
    file = tmp_path / "my_cluster_test.json.gz"
    file.write_bytes(gzip.compress(json.dumps(document).encode()))
    found = read(file)
    assert found["cluster"] == ["0", "0", "1"]
    assert (found["given"][0], found["ss"][0], found["line"][0]) == ("Ann B", "123-45-6789", "")
    assert [case.kind for case in cases(tmp_path)] == ["recordlinker"]
