"""Rows of front-end tables: by declared maps, and by what their columns mean."""

import io
import json
from typing import Any

import pytest
from openpyxl import Workbook

from adapters.documents import document_maps, form_of, translate_document, translate_table
from adapters.hospitals.hospital import Hospitals
from adapters.mapping.fault import MapError
from adapters.tables.cleaning import Rules, Swap, cleaned, split_unit
from adapters.tables.formats import TableError, csv_rows, fixed_rows, rows_of
from adapters.tables.library import table_maps
from adapters.tables.rows import Row
from adapters.translation import Translation
from profiles.definitions import definitions
from profiles.structure import compile_structure

MAPS = document_maps(definitions())
HOSPITALS = Hospitals("https://hub.test")
CHECK = compile_structure(definitions())
HEAD = "yljgdm,yjlxh,patid,hzxm,xbdm,xbmc,csrq,tzkg,jbzdbm,jbzdmc,zs"
LINE = "H009,77,P42,欧阳测试,2,女性,1990-03-07,51.50,J18.900,肺炎,发热三天"
DECLARED = """
maps:
  - map: Result
    segment: TB_LIS_RESULT
    resource: Observation
    label: observation
    identity: [["YLJGDM", "BGDH", "XMDM"]]
    rows:
      - {id: institution, source: YLJGDM, ignore: whose table it is}
      - {id: report, source: BGDH, target: identifier, function: named_identifier, given: {kind: report}}
      - {id: status, target: status, value: final}
      - id: code
        source: XMDM
        target: code
        function: named_code
        given: {system: item}
        inputs: {display: XMMC}
      - {id: value, source: JG, target: "value[x]", function: result_choice, inputs: {unit: DW}}
      - {id: time, source: BGRQ, target: "effective[x]", function: moment_choice}
tables:
  TB_LIS_RESULT:
    key: [YLJGDM, BGDH, XMDM]
    nulls: [无]
    half_width: [JG]
    swapped: [{code: XMDM, name: XMMC, pattern: "[A-Z0-9]+"}]
    withdrawn: {XGBZ: '3'}
"""


def of(made: Translation, resource_type: str) -> list[dict[str, Any]]:
    for entry in made.entries:
        assert CHECK(entry.resource) == []
    return [e.resource for e in made.entries if e.resource["resourceType"] == resource_type]


def test_a_table_without_maps_is_read_by_its_columns() -> None:
    made = translate_document(f"{HEAD}\n{LINE}\n".encode(), MAPS, HOSPITALS)
    [patient], [condition] = of(made, "Patient"), of(made, "Condition")
    assert not made.issues
    assert patient["identifier"][0] == {"system": "https://hub.test/sid/h009/MR", "value": "P42"}
    assert (patient["name"][0]["text"], patient["gender"]) == ("欧阳测试", "female")
    assert condition["code"]["coding"][0]["code"] == "J18.900"
    weight = next(o for o in of(made, "Observation") if "valueQuantity" in o)
    assert str(weight["valueQuantity"]["value"]) == "51.50"
    assert weight["code"]["coding"][1]["code"] == "29463-7"
    assert not {e.resource["resourceType"] for e in made.entries} & {"Composition", "Binary"}


def test_gb18030_and_other_delimiters() -> None:
    text = f"{HEAD}\n{LINE}\n".replace(",", "|")
    [row] = csv_rows(text.encode("gb18030"), "t")
    assert row.values["hzxm"] == "欧阳测试"


def test_declared_maps_and_rules() -> None:
    declared = table_maps(DECLARED, "lis.yaml", definitions())
    rows = [
        {"YLJGDM": "H009", "BGDH": "R1", "XMDM": "WBC", "XMMC": "白细胞", "JG": "５．２０", "DW": "10*9/L",
         "BGRQ": "1900-01-01"},
        {"YLJGDM": "H009", "BGDH": "R1", "XMDM": "血红蛋白", "XMMC": "HGB", "JG": "<120", "DW": "g/L",
         "XGBZ": "3"},
    ]  # fmt: skip
    raw = json.dumps({"TB_LIS_RESULT": rows}).encode()
    made = translate_table(raw, "", MAPS, HOSPITALS, declared=declared)
    first, second = of(made, "Observation")
    assert str(first["valueQuantity"]["value"]) == "5.20"
    assert "effectiveDateTime" not in first, "a sentinel is no date"
    assert first["code"]["coding"][0]["display"] == "白细胞"
    assert second["code"]["coding"][0]["code"] == "HGB", "code and name were swapped"
    assert second["valueQuantity"]["comparator"] == "<"
    assert second["status"] == "entered-in-error"


def test_a_wrong_map_names_file_and_line() -> None:
    with pytest.raises(MapError, match=r"lis\.yaml:\d+: .*R4 has no Observation\.nothing"):
        table_maps(DECLARED.replace("target: identifier", "target: nothing"), "lis.yaml", definitions())


def test_fixed_width_counts_bytes() -> None:
    raw = "P42   欧阳测试  2\nP43   王        1\n".encode("gb18030")
    rows = list(fixed_rows(raw, "t", {"patid": 6, "hzxm": 10, "xbdm": 1}, "gb18030"))
    assert [row.values["hzxm"] for row in rows] == ["欧阳测试", "王"]
    assert rows[1].values["xbdm"] == "1"


def test_spreadsheets_json_and_xml_give_the_same_rows() -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "DC_X"
    sheet.append(["patid", "hzxm", "tzkg"])
    sheet.append(["P42", "欧阳测试", 51.5])
    buffer = io.BytesIO()
    book.save(buffer)
    xml = "<data><DC_X><patid>P42</patid><hzxm>欧阳测试</hzxm><tzkg>51.5</tzkg></DC_X></data>"
    js = json.dumps({"DC_X": [{"patid": "P42", "hzxm": "欧阳测试", "tzkg": "51.5"}]})
    found = [list(rows_of(raw, "t")) for raw in (buffer.getvalue(), xml.encode(), js.encode())]
    assert found[0] == found[1] == found[2]


def test_traps() -> None:
    rules = Rules(
        nulls=frozenset(("不详",)),
        negated={"STFBZ": frozenset("2")},
        negated_columns=("JE",),
        swapped=(Swap("DM", "MC", r"\d+"),),
    )
    row = Row(
        "t", 1, {"JE": "12.30", "STFBZ": "2", "A": "不详", "B": "-", "C": "1900-01-01", "DM": "男", "MC": "1"}
    )
    clean = cleaned(row, rules)
    assert clean.row.values == {"JE": "-12.30", "STFBZ": "2", "DM": "1", "MC": "男"}
    assert set(clean.empty) == {"A", "B", "C"}
    assert split_unit("血糖（mmol/L）") == ("血糖", "mmol/L")


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"\xff\xfe\xff", b"PK\x03\x04x"])
def test_what_is_no_table_is_told(raw: bytes) -> None:
    made = translate_table(raw, "t", MAPS, HOSPITALS)
    assert made.issues[0].severity == "fatal"


def test_the_form_is_told() -> None:
    assert form_of(f"{HEAD}\n".encode()) == "table"
    assert form_of(b"hello") == ""
    with pytest.raises(TableError):
        list(rows_of(b"{", "t"))


SHANGHAI = """
maps:
  - map: Fee
    segment: TB_HIS_MZ_FEE
    resource: ChargeItem
    label: fee
    identity: [["YLJGDM", "JZLSH", "SFMXID"]]
    rows:
      - {id: institution, source: YLJGDM, ignore: whose table it is}
      - id: visit
        source: JZLSH
        target: "context.identifier"
        function: named_identifier
        given: {kind: VN}
      - {id: number, source: SFMXID, target: identifier, function: named_identifier, given: {kind: fee}}
      - {id: status, target: status, value: billable}
      - {id: code, source: XMBM, target: code, function: named_code, inputs: {display: XMMC}}
      - {id: amount, source: JE, target: priceOverride.value, function: decimal}
      - {id: refund, source: STFBZ, target: note, function: annotation}
      - {id: whose, source: PATID, target: subject.identifier, function: named_identifier, given: {kind: MR}}
  - map: Diagnosis
    segment: TB_CIS_DIAG
    resource: Condition
    label: diagnosis
    identity: [["YLJGDM", "JZLSH", "ZDXH"]]
    rows:
      - {id: institution, source: YLJGDM, ignore: whose table it is}
      - id: visit
        source: JZLSH
        target: "encounter.identifier"
        function: named_identifier
        given: {kind: VN}
      - {id: rank, source: ZDXH, target: identifier, function: named_identifier, given: {kind: diagnosis}}
      - id: clinical
        source: ZDBM
        target: "code.coding[+]"
        function: named_coding
        given: {system: icd-10-clinical}
        inputs: {display: ZDMC}
      - id: insurance
        source: YBZDBM
        target: "code.coding[+]"
        function: named_coding
        given: {system: icd-10-insurance}
        inputs: {display: YBZDMC}
      - {id: whose, source: PATID, target: subject.identifier, function: named_identifier, given: {kind: MR}}
tables:
  "*":
    nulls: [无, 不详]
    withdrawn: {XGBZ: ['3']}
  TB_HIS_MZ_FEE:
    key: [YLJGDM, JZLSH, SFMXID]
    negated: {when: {STFBZ: ['2']}, columns: [JE]}
  TB_CIS_DIAG:
    key: [YLJGDM, JZLSH, ZDXH]
    swapped: [{code: ZDBM, name: ZDMC, pattern: "[A-Z][0-9.]+"}]
"""


def test_refunds_are_negative_and_both_versions_of_icd_stand_in_one_diagnosis() -> None:
    declared = table_maps(SHANGHAI, "tb.yaml", definitions())
    own = {"YLJGDM": "H009", "JZLSH": "V1", "PATID": "P42"}
    fees = [{**own, "SFMXID": n, "XMBM": "A1", "XMMC": "床位费", "JE": "12.30", "STFBZ": n} for n in "12"]
    diagnosis = {"ZDXH": "1", "ZDBM": "肺炎", "ZDMC": "J18.900", "YBZDBM": "J18.9", "YBZDMC": "肺炎"}
    raw = json.dumps({"TB_HIS_MZ_FEE": fees, "TB_CIS_DIAG": [own | diagnosis]}).encode()
    made = translate_table(raw, "", MAPS, HOSPITALS, declared=declared)
    paid = [str(each["priceOverride"]["value"]) for each in of(made, "ChargeItem")]
    [condition] = of(made, "Condition")
    codes = [(each["system"].rpartition("/")[2], each["code"]) for each in condition["code"]["coding"]]
    assert paid == ["12.30", "-12.30"]
    assert codes == [("icd-10-clinical", "J18.900"), ("icd-10-insurance", "J18.9")]


def test_a_visit_s_serial_number_and_a_card_are_known_without_a_declaration() -> None:
    head = "YLJGDM,JZLSH,PATID,KH,KLX,HZXM,JZRQ,SSY"
    made = translate_document(f"{head}\nH009,V77,P42,C9,1,欧阳测试,20240305,120\n".encode(), MAPS, HOSPITALS)
    [patient], [encounter] = of(made, "Patient"), of(made, "Encounter")
    assert [each["system"].rpartition("/")[2] for each in patient["identifier"]] == ["MR", "card"]
    assert encounter["identifier"][0] == {"system": "https://hub.test/sid/h009/VN", "value": "V77"}
    assert not made.residue
