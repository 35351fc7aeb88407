"""A message of each family: what it makes, that it is R4, that nothing dangles and nothing is lost."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.merge import merged
from exchange.fhirjson import dumps
from profiles.definitions import definitions
from profiles.validator import Validator
from profiles.validator.special import RULES
from tests.adapters.hl7v2.golden import references, resources, translated

PID = "PID|1||8801^^^H1^MR||钱^多||19700102|F||||||||||ACC9^^^H1"
PV1 = "PV1|1|I|W3^R2^B1^H1||||1001^赵^医||||||||||||V77^^^H1^VN|||||||||||||||||||||||||20240301080000"
ORC = "ORC|NW|P100^HIS|F100^LIS||||||20240301090000|||1001^赵^医"
OBR = "OBR|1|P100^HIS|F100^LIS|24331-1^血脂^LN|||20240301091500"
EVN = "EVN|A01|20240301080000||01|9^王^工"
validator = Validator(definitions(), rules=RULES)

FAMILIES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "families.yaml").read_text("utf-8"))


def made(case: str) -> Any:
    header = f"MSH|^~\\&|HIS|H1|HUB|YL|20240301083012||{FAMILIES[case]['event']}|C1|P|2.5.1"
    return translated("\r".join((header, *FAMILIES[case]["segments"])))


@pytest.mark.parametrize("case", FAMILIES)
def test_what_a_family_makes(case: str) -> None:
    translation = made(case)
    assert not [issue for issue in translation.issues if issue.severity in ("error", "fatal")]
    for resource_type, count in FAMILIES[case]["makes"].items():
        assert len(resources(translation, resource_type)) == count, resource_type


@pytest.mark.parametrize("case", FAMILIES)
def test_all_of_it_is_r4_and_nothing_is_left_over(case: str) -> None:
    translation = made(case)
    whole = [merged(None, entry) for entry in translation.entries]
    there = {f"{each['resourceType']}/{each['id']}" for each in whole}
    for each in whole:
        found = [issue for issue in validator.validate(each) if issue.severity in ("error", "fatal")]
        assert [i for i in found if i.code in ("structure", "value", "required", "invariant")] == []
        assert set(references(each)) <= there
    assert [residue.path for residue in translation.residue] == []
    assert dumps(translation.bundle()) == dumps(made(case).bundle())


def test_a_cancelled_discharge_takes_its_time_away() -> None:
    header = "MSH|^~\\&|HIS|H1|HUB|YL|20240301083012||ADT^A13|C1|P|2.5.1"
    translation = translated("\r".join((header, EVN, PID, PV1)))
    (entry,) = [each for each in translation.entries if each.resource["resourceType"] == "Encounter"]
    assert entry.resource["status"] == "in-progress"
    stored = {**entry.resource, "status": "finished", "period": {"start": "2024-03-01", "end": "2024-03-04"}}
    assert "end" not in merged(stored, entry)["period"]


def test_an_order_keeps_its_own_timing() -> None:
    orders = [PID, ORC, "TQ1|1||||||20240301", OBR, ORC.replace("100", "101"), "TQ1|1||||||20240401"]
    orders.append(OBR.replace("100", "101"))
    header = "MSH|^~\\&|HIS|H1|HUB|YL|20240301083012||OML^O21|C1|P|2.5.1"
    first, second = resources(translated("\r".join((header, *orders))), "ServiceRequest")
    assert first["occurrencePeriod"]["start"] == "2024-03-01"
    assert second["occurrencePeriod"]["start"] == "2024-04-01"
