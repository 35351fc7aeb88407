"""The comparison of two forms of a document."""

from pathlib import Path
from typing import Any

from conformance.document_pairs import FIRST, SECOND, Judgement, compared, judgements
from conformance.v2_pairs import Translated


def pair(folder: Path, name: str, one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    made = {}
    for side, resource in ((FIRST, one), (SECOND, two)):
        (folder / side).mkdir(exist_ok=True)
        path = folder / side / name
        path.write_text(f"<a>{list(one.values())}{list(two.values())}</a>", "utf-8")
        made[path] = Translated([resource], [], [], 1, 0, [])
    return list(compared(made, folder))


def test_equal_elements_of_those_that_both_hold(tmp_path: Path) -> None:
    same = {"resourceType": "Basic", "author": "王五", "created": "2024"}
    other = {"resourceType": "Basic", "author": "王五", "created": "2025"}
    [shares, judged, open_] = pair(tmp_path, "C0099.xml", same, other)
    assert "equal elements 0.333 of all, 0.333 of those" in shares
    assert "Basic.created 2" in open_
    assert judged == "pairs differ, judged: "


def test_judged_differences_of_the_files_do_not_count(tmp_path: Path) -> None:
    one = {"resourceType": "RelatedPerson", "gender": "male"}
    [shares, judged, open_] = pair(tmp_path, "C0044.xml", one, {**one, "name": [{"text": "王五"}]})
    assert shares.endswith("without judged differences of the files 1.000")
    assert "differ, judged: 1 the rendering writes those who took part" in judged
    assert "RelatedPerson" not in open_


def test_every_judgement_says_where() -> None:
    for rule in judgements():
        assert isinstance(rule, Judgement)
        assert rule.paths
        assert rule.why
        assert set(rule.sides) <= {"local", "rendered"}
