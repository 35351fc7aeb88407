"""The judge of client registries: what it finds wrong with an answer."""

import json
from pathlib import Path

import pytest

from conformance.ohie_cr import Suite, cases, differences, judge
from conformance.ohie_cr_feed import CASES as FEED_CASES
from conformance.ohie_cr_steps import CASES, Expected
from exchange.commands.client_registry import client_registry

ANSWER = "MSH|^~\\&|A\rMSA|AA|1\rQAK|T|OK\rQPD|Q\rPID|||7^^^TEST&1.2&ISO~8^^^OTHER||DOE^JANE||1980\r"


def test_an_answer_as_expected() -> None:
    wanted = Expected(("AA",), "OK", "", 1, ("7^TEST&1.2&ISO",), ("9",), {5: "DOE", 7: "1980"})
    assert differences(ANSWER, wanted) == []


@pytest.mark.parametrize(
    "expected",
    [
        Expected(("AE",)),
        Expected(("AA",), "NF"),
        Expected(("AA",), error="QPD^1^3"),
        Expected(("AA",), persons=0),
        Expected(("AA",), numbers=("7^TEST",)),
        Expected(("AA",), absent=("8",)),
        Expected(("AA",), fields={5: "ROE"}),
    ],
)
def test_each_difference_is_found(expected: Expected) -> None:
    assert len(differences(ANSWER, expected)) == 1


def test_cases_are_the_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cases(tmp_path)
    (tmp_path / "HL7").mkdir()
    (tmp_path / "HL7" / "OHIE-CR-01-10.txt").write_bytes(b"MSH|")
    (tmp_path / "FHIR").mkdir()
    (tmp_path / "FHIR" / "OHIE-CR-01-10.json").write_bytes(b"{}")
    assert cases(tmp_path).messages == {"OHIE-CR-01-10": b"MSH|"}
    assert cases(tmp_path).feed == {"OHIE-CR-01-10": b"{}"}


class Recorded:
    """Answers every message alike."""

    def __init__(self) -> None:
        self.fresh_count = 0

    async def fresh(self) -> None:
        self.fresh_count += 1

    async def ask(self, message: bytes) -> bytes:
        assert message.endswith(b"\r")
        return b"MSA|AE|1\r"

    async def told(self, sender: str, message: bytes) -> tuple[int, bytes]:
        assert sender == "harness"
        return 422, b'{"resourceType":"OperationOutcome"}'

    async def knows(self, number: str) -> bool:
        return False


async def test_each_case_begins_from_nothing_and_what_is_missing_is_skipped() -> None:
    registry = Recorded()
    header = {"source": {"endpoint": "http://ohie.org/test/harness"}}
    told = json.dumps({"entry": [{"resource": header}]}).encode()
    feed = {"OHIE-CR-01-10": told, "OHIE-CR-02-10": b"\xef\xbb\xbf" + told}
    report = await judge(Suite({"OHIE-CR-01-10": b"MSH|\nPID|\n"}, feed), registry, {})
    outcomes = {verdict.name: verdict.outcome for verdict in report.verdicts}
    assert outcomes.pop("OHIE-CR-01-10") == "passed"
    assert outcomes.pop("FHIR-01-10") == "passed"
    assert outcomes.pop("FHIR-02-10") == "failed"
    assert set(outcomes.values()) == {"skipped"}
    assert registry.fresh_count == len(CASES) + len(FEED_CASES)


async def test_a_hub_of_its_own_forgets() -> None:
    told = b"MSH|^~\\&|LABS|F1|HUB|C|20260101||ADT^A28|1|P|2.5\rPID|||1^^^ALPHA||DOE^JANE\r"
    asked = b"MSH|^~\\&|LABS|F1|HUB|C|20260101||QBP^Q23|2|P|2.5\rQPD|Q|T|1^^^ALPHA\rRCP|I\r"
    async with client_registry("domains: [{name: ALPHA, oid: 1.2.3.4}]") as registry:
        assert b"MSA|AA" in await registry.ask(told)
        assert b"1^^^ALPHA&1.2.3.4&ISO" in await registry.ask(asked)
        await registry.fresh()
        assert b"MSA|AE" in await registry.ask(asked)
