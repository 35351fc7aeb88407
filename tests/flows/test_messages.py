"""What hospitals send over MLLP, as clients read it over FHIR."""

import hashlib
from pathlib import Path

import pytest

from conformance.fhir import FhirClient
from conformance.mllp import MllpClient
from conformance.v2 import cases, judge, reply
from tests.flows.conftest import Doors

MESSAGES = "https://yilian.example/fhir/sid/hl7v2-message"
CITIZEN = "11010519491231002X"


def msh(kind: str, control_id: str, hospital: str = "H1", charset: str = "UNICODE UTF-8", **more: str) -> str:
    modes = f"{more.get('accept', '')}|{more.get('application', '')}"
    return f"MSH|^~\\&|HIS|{hospital}|HUB||20240301083000||{kind}|{control_id}|P|2.5.1|||{modes}||{charset}"


def pid(number: str, name: str = "张^三", hospital: str = "H1", citizen: str = "", rest: str = "") -> str:
    identity = f"~{citizen}^^^CN^NI" if citizen else ""
    return f"PID|1||{number}^^^{hospital}^PI{identity}||{name}||19491231|F{rest}"


def message(*segments: str) -> str:
    return "\r".join(segments) + "\r"


def report(number: str, name: str, value: str, charset: str = "UNICODE UTF-8", order: str = "A1") -> str:
    return message(
        msh("ORU^R01^ORU_R01", f"R{order}", charset=charset),
        pid(number, name),
        f"OBR|1|{order}|F{order}|GS^涂片^L|||20240301080000|||||||||||||||20240301090000||LAB|F",
        f"OBX|1|ST|GS^涂片^L||{value}||||||F|||20240301080000",
        "NTE|1||稀释\\.br\\复查",
    )


async def accepted(mllp: MllpClient, text: str, codec: str = "utf-8") -> None:
    told = reply(await mllp.ask(text.encode(codec), 20))
    assert told.code == "AA", told.texts


async def patient_of(fhir: FhirClient, number: str) -> dict[str, object]:
    [found] = [
        patient
        for patient in await fhir.search("Patient", identifier=number)
        if not any(each["system"].endswith("/sid/enterprise-id") for each in patient["identifier"])
    ]
    return found


def trailing(code: bytes) -> str:
    """Characters whose second byte in GB18030 is this one."""
    encoded = ((chr(n), chr(n).encode("gb18030")) for n in range(0x4E00, 0x9FA6))
    return "".join([character for character, raw in encoded if raw[1:] == code][:20])


async def test_gb18030_whose_trail_bytes_are_delimiters(doors: Doors) -> None:
    name = trailing(b"\\") + trailing(b"|") + trailing(b"^") + trailing(b"~")
    text = report("1", f"{name[:2]}^{name[2:4]}", name, "GB 18030-2000")
    assert text.encode("gb18030").count(b"\\") > 20
    await accepted(doors.mllp, text, "gb18030")
    [observation] = await doors.fhir.search("Observation")
    assert observation["valueString"] == name
    assert observation["code"]["coding"][0]["display"] == "涂片"
    assert "稀释\n复查" in observation["note"][0]["text"]
    assert (await patient_of(doors.fhir, "1"))["name"][0]["family"] == name[:2]  # type: ignore[index]


async def test_provenance_leads_from_the_message_to_what_it_made(doors: Doors) -> None:
    text = report("1", "张^三", "阴性")
    await accepted(doors.mllp, text)
    identifier = f"{MESSAGES}|{hashlib.sha256(text.encode()).hexdigest()}"
    [made] = await doors.fhir.search("Provenance", **{"entity:identifier": identifier})
    kinds = {target["reference"].split("/")[0] for target in made["target"]}
    assert {"Patient", "DiagnosticReport", "Observation", "ServiceRequest"} <= kinds
    for target in made["target"]:
        assert (await doors.fhir.get(target["reference"]))["meta"]["versionId"] == "1"
    patient = await patient_of(doors.fhir, "1")
    found = await doors.fhir.search("Provenance", target=f"Patient/{patient['id']}")
    assert [each["id"] for each in found] == [made["id"]]


async def test_empty_is_unchanged_and_null_is_deleted(doors: Doors) -> None:
    first = pid("1", rest="|||人民路1号^^上海^^200000||13800000000")
    await accepted(doors.mllp, message(msh("ADT^A04^ADT_A01", "1"), "EVN|A04|20240301", first, "PV1|1|O"))
    before = await patient_of(doors.fhir, "1")
    assert before["telecom"]
    assert before["address"]
    then = 'PID|1||1^^^H1^PI||张^三|||||||||""'
    await accepted(doors.mllp, message(msh("ADT^A08^ADT_A01", "2"), "EVN|A08|20240302", then, "PV1|1|O"))
    assert await patient_of(doors.fhir, "1") == before
    last = 'PID|1||1^^^H1^PI||张^三||||||""||""'
    await accepted(doors.mllp, message(msh("ADT^A31^ADT_A05", "3"), "EVN|A31|20240303", last, "PV1|1|N"))
    gone = await patient_of(doors.fhir, "1")
    assert "telecom" not in gone
    assert "address" not in gone
    assert gone["gender"] == "female"


async def test_one_citizen_id_at_two_hospitals_is_one_person(doors: Doors) -> None:
    for hospital, number in (("H1", "1"), ("H2", "900")):
        header = msh("ADT^A04^ADT_A01", "1", hospital)
        who = pid(number, hospital=hospital, citizen=CITIZEN)
        await accepted(doors.mllp, message(header, "EVN|A04|20240301", who, "PV1|1|O"))
    await accepted(doors.mllp, report("1", "张^三", "阴性"))
    [person] = [
        patient
        for patient in await doors.fhir.search("Patient", identifier=CITIZEN)
        if any(each["system"].endswith("/sid/enterprise-id") for each in patient["identifier"])
    ]
    assert len([link for link in person["link"] if link["type"] == "seealso"]) == 2
    record = await doors.fhir.search(f"Patient/{person['id']}/$everything")
    assert sorted(r["resourceType"] for r in record).count("Patient") == 3
    assert "Observation" in {resource["resourceType"] for resource in record}


async def test_a_merge_moves_the_record(doors: Doors) -> None:
    for number in ("1", "2"):
        await accepted(
            doors.mllp,
            message(
                msh("ADT^A04^ADT_A01", number), "EVN|A04|20240301", pid(number, f"李^{number}"), "PV1|1|O"
            ),
        )
    await accepted(doors.mllp, report("2", "李^2", "阳性"))
    merge = message(msh("ADT^A40^ADT_A39", "3"), "EVN|A40|20240302", pid("1", "李^1"), "MRG|2^^^H1^PI")
    await accepted(doors.mllp, merge)
    survivor, merged = await patient_of(doors.fhir, "1"), await patient_of(doors.fhir, "2")
    assert merged["active"] is False
    assert [link["other"]["reference"] for link in merged["link"]] == [f"Patient/{survivor['id']}"]  # type: ignore[attr-defined]
    [observation] = await doors.fhir.search("Observation", patient=str(survivor["id"]))
    assert observation["valueString"] == "阳性"


@pytest.mark.parametrize("who", ["", "PID|1||||张^三\r", "PID|1||^^^H1^PI||张^三\r"])
async def test_nobody_is_refused(doors: Doors, who: str) -> None:
    told = reply(await doors.mllp.ask(f"{msh('ORU^R01^ORU_R01', '1')}\r{who}OBR|1\r".encode(), 20))
    assert (told.code, told.errors[0]) == ("AE", "101")
    assert told.texts[0].startswith("PID^1")
    assert await doors.fhir.count("Patient") == 0


async def test_the_judge_over_a_folder_of_messages(doors: Doors, tmp_path: Path) -> None:
    written = {
        "admit": message(msh("ADT^A01^ADT_A01", "1"), "EVN|A01|20240301", pid("1"), "PV1|1|I|W^1^2"),
        "again": message(msh("ADT^A01^ADT_A01", "1"), "EVN|A01|20240301", pid("2"), "PV1|1|I|W^1^3"),
        "report": report("1", "张^三", "阴性"),
        "quiet": message(
            msh("ADT^A31^ADT_A05", "5", accept="NE", application="NE"),
            "EVN|A31|20240301",
            pid("1"),
            "PV1|1|N",
        ),
        "enhanced": message(
            msh("ADT^A31^ADT_A05", "6", accept="AL", application="AL"),
            "EVN|A31|20240301",
            pid("2"),
            "PV1|1|N",
        ),
        "nobody": message(msh("ADT^A08^ADT_A01", "7"), "EVN|A08|20240301", "PID|1", "PV1|1|N"),
        "other": message(msh("SRM^S01^SRM_S01", "8"), "ARQ|1"),
    }
    folder = tmp_path / "sent"
    folder.mkdir()
    for name, text in written.items():
        (folder / f"{name}.hl7").write_text(text.replace("\r", "\n"), "utf-8")
    types = ("Patient", "Encounter", "Observation", "DiagnosticReport", "Organization", "Provenance")
    outcome = await judge(cases([folder]), doors.mllp, doors.fhir, MESSAGES, types)
    codes = {Path(verdict.case.name).stem: verdict.code for verdict in outcome.verdicts}
    assert codes == {
        "admit": "AA",
        "again": "AA",
        "report": "AA",
        "quiet": "",
        "enhanced": "AA",
        "nobody": "AE",
        "other": "AR",
    }
    assert outcome.passed, outcome.as_json()
