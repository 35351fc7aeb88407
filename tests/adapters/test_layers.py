"""Layers at work: the same message by the base maps, and by what region, vendor and hospital say."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from adapters.checking import checked
from adapters.documents import translate_document
from adapters.hl7v2.charset import decode
from adapters.hl7v2.parse import parse
from adapters.hl7v2.speaking import charset_for, said_by
from adapters.hl7v2.translate import translate
from adapters.hospitals.folder import read_book, texts_of
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.hospitals.level import Said
from adapters.library import library
from adapters.translation import Translation
from profiles.definitions import definitions
from profiles.structure import compile_structure

LIBRARY = library(definitions())
CHECK = compile_structure(definitions())
SEGMENTS = """MSH|^~\\&|HIS|H1|HUB|R|20240305101500||ADT^A01|7|P|2.4
EVN|A01|20240305101500
PID|1||P1^^^HIS^MR||张^三||19800101|汉子|||||13900000001
PV1|1|I|W1^R1^B1
ZPI|护理组长|W1^R1^B2^H1""".replace("\n", "\r")
REGION = "timezone: Asia/Tokyo\nsystems: {HIS: 'urn:oid:1.2.3'}\n"
VENDOR = """
segments:
  ZPI: {onto: patient, fields: {1: ward-nurse, 2: {name: bed, type: PL}}}
vocabularies: {AdministrativeSex: {words: {汉子: male}}}
"""
HOSPITAL = """
id: h1
region: sh
vendor: his
interfaces:
  - {application: HIS, version: ['2.4', '2.5'], layer: old}
  - {form: local, type: C0004, local: {rename: {XingMing: PatientName}}}
local: {rename: {Sex: GenderName}}
cda: {vocabularies: {MaritalStatus: {words: {独身: S}}}}
table:
  columns: {gmy: ['DE02.10.022.00', 过敏药物]}
  tables:
    '*': {nulls: [未知]}
    TB_P:
      rename: {XM: hzxm, KH: patid}
      values: {xbdm: {M: '1'}}
      sentinels: {csrq: ['1900-01-02']}
"""
FILES = {
    "regions/sh.yaml": REGION,
    "vendors/his.yaml": VENDOR,
    "interfaces/old.yaml": "timezone: UTC\nchanges: {PID-Patient: {disable: [PID-13]}}\n",
    "h1.yaml": HOSPITAL,
}


@pytest.fixture(scope="module")
def hospitals() -> Hospitals:
    book = checked(FILES, LIBRARY)
    assert not book.faults, book.faults
    return Hospitals("https://hub.test", book.hospitals)


def of(made: Translation, resource_type: str) -> list[dict[str, Any]]:
    for entry in made.entries:
        assert CHECK(entry.resource) == []
    return [each.resource for each in made.entries if each.resource["resourceType"] == resource_type]


def v2(text: str, hospitals: Hospitals) -> Translation:
    message = parse(text)
    sender = hospitals.for_facility(message.text("MSH-4")).speaking(said_by(message.header.fields(), "mllp"))
    received = definitions  # nothing that is made depends on it
    return translate(message, sender, received, LIBRARY.v2.of(sender))  # type: ignore[arg-type]


def test_every_level_has_its_say(hospitals: Hospitals) -> None:
    [patient] = of(v2(SEGMENTS, hospitals), "Patient")
    assert patient["gender"] == "male"
    assert patient["identifier"][0]["system"] == "urn:oid:1.2.3"
    assert "telecom" not in patient or "13900000001" not in str(patient["telecom"])
    newer = v2(SEGMENTS.replace("|2.4", "|2.8"), hospitals)
    assert "13900000001" in str(of(newer, "Patient")[0]["telecom"])


def test_declared_fields_of_a_local_segment_are_kept_by_their_types(hospitals: Hospitals) -> None:
    made = v2(SEGMENTS, hospitals)
    [patient] = of(made, "Patient")
    told = {each["url"].rpartition("/")[2]: each for each in patient["extension"]}
    assert told["hl7v2-ZPI-ward-nurse"]["valueString"] == "护理组长"
    assert told["hl7v2-ZPI-bed"]["valueReference"]["reference"].startswith("Location/")
    assert not [each for each in made.residue if each.path.startswith("ZPI")]
    plain = v2(SEGMENTS, Hospitals("https://hub.test"))
    assert [each.path for each in plain.residue if each.path.startswith("ZPI-1")]


@pytest.mark.parametrize(
    ("said", "sent", "charset"),
    [
        ("charset: GB18030", "UNICODE UTF-8", "GB18030"),
        ("charset: GB18030\nmsh_18: believed", "UNICODE UTF-8", None),
        ("charset: GB18030\nmsh_18: believed", "", "GB18030"),
        ("charset: GB18030\nmsh_18: believed", "ZH-SET", "GB18030"),
        ("charsets: {zh-set: GB18030}", "ZH-SET", "GB18030"),
        ("charsets: {zh-set: GB18030}", "", None),
        ("", "GBK", None),
    ],
)
def test_which_charset_a_message_is_read_by(said: str, sent: str, charset: str | None) -> None:
    book = read_book({"h.yaml": f"id: h\n{said}\n"})
    assert not book.faults
    raw = f"MSH|^~\\&|A|H|B|C|20240101||ADT^A01|1|P|2.4||||||{sent}\rPID|1".encode("gb18030")
    found = charset_for(raw, book.hospitals[0])
    assert found == charset
    if charset:
        assert decode(raw, found).startswith("MSH")


def test_an_interface_by_channel(hospitals: Hospitals) -> None:
    said = "id: h\ninterfaces: [{channel: drop, form: cda, timezone: UTC}]\n"
    [made] = read_book({"h.yaml": said}).hospitals
    assert made.through("drop").speaking(Said("cda")).timezone == "UTC"
    assert made.through("drop").speaking(Said("hl7v2")).timezone == "Asia/Shanghai"
    assert made.through("mllp").speaking(Said("cda")).timezone == "Asia/Shanghai"
    assert made.speaking(Said("cda", channel="DROP")).timezone == "UTC"
    assert made.through("drop").whole is made
    assert made.through("drop") is made.through("drop")


def test_an_interface_may_have_a_vendor_of_its_own() -> None:
    files = {
        "vendors/a.yaml": "timezone: UTC",
        "vendors/b.yaml": "timezone: Asia/Tokyo",
        "h.yaml": "id: h\nvendor: a\ninterfaces: [{application: LIS, vendor: b}]",
    }
    [made] = read_book(files).hospitals
    levels = made.speaking(Said(application="lis")).levels
    assert [str(each) for each in levels] == ["vendor b", "hospital h"]
    assert [str(each) for each in made.speaking(Said(application="his")).levels] == ["vendor a", "hospital h"]


def documents(raw: bytes, hospital: Hospital) -> Translation:
    return translate_document(raw, LIBRARY.documents, Hospitals(hospital.base), hospital)


def test_names_of_local_elements(hospitals: Hospitals) -> None:
    raw = "<C0004><XingMing>张三</XingMing><PatientID>P1</PatientID><Sex>男性</Sex></C0004>".encode()
    [patient] = of(documents(raw, hospitals.for_facility("h1")), "Patient")
    assert patient["name"][0]["text"] == "张三"
    other = documents(raw.replace(b"C0004", b"C0005"), hospitals.for_facility("h1"))
    assert not [each for each in of(other, "Patient") if "name" in each]


def test_columns_and_rules_of_tables(hospitals: Hospitals) -> None:
    columns = ("XM", "KH", "xbdm", "csrq", "gmy")
    lines = (("张三", "P1", "M", "1900-01-02", "青霉素"), ("李四", "P2", "2", "未知", "未知"))
    rows = json.dumps({"TB_P": [dict(zip(columns, line, strict=True)) for line in lines]})
    made = documents(rows.encode(), hospitals.for_facility("h1"))
    first, second = of(made, "Patient")
    assert (first["name"][0]["text"], first["gender"]) == ("张三", "male")
    assert "birthDate" not in first
    assert "birthDate" not in second
    assert "青霉素" in str([each.resource for each in made.entries])
    assert "未知" not in str([each.resource for each in made.entries])


def test_a_folder_of_a_region_is_read_fast() -> None:
    """38 hospitals with layers of their own; a bound that only a runaway exceeds."""
    files = {
        f"h{i}.yaml": f"id: h{i}\nregion: sh\nvendor: his\nchanges: {{PID-Patient: {{disable: [PID-14]}}}}\n"
        for i in range(38)
    }
    start = time.process_time()
    assert not checked({**{n: t for n, t in FILES.items() if n != "h1.yaml"}, **files}, LIBRARY).faults
    assert time.process_time() - start < 30


def test_the_examples_have_no_fault() -> None:
    folder = Path(__file__).parents[2] / "examples" / "hospitals"
    texts = texts_of(folder)
    assert len(texts) >= 4
    assert not checked(texts, LIBRARY).faults
