"""ATC with its doses, on files of our own in the layouts that are about."""

from pathlib import Path

import pytest

from terminology.importers.atc import atc_release
from terminology.importers.files import Files
from terminology.importers.release import UnusableFile
from tests.terminology.importers.made import below, display, hush, system_of, values, written

CSV = """atc_code,atc_name,ddd,uom,adm_r,note
A,ALIMENTARY TRACT AND METABOLISM,NA,NA,NA,NA
A10,DRUGS USED IN DIABETES,NA,NA,NA,NA
A10B,BLOOD GLUCOSE LOWERING DRUGS,NA,NA,NA,NA
A10BA,Biguanides,NA,NA,NA,NA
A10BA02,metformin,2,g,O,NA
A10BA02,metformin,1,g,P,rare
"""
XML = """<xml xmlns:rs="urn:schemas-microsoft-com:rowset" xmlns:z="#RowsetSchema"><rs:data>
{}
</rs:data></xml>"""


def test_a_table(tmp_path: Path) -> None:
    system = system_of(atc_release(written(tmp_path, {"atc.csv": CSV}), "2026", hush))
    assert system.header.canonical == "http://www.whocc.no/atc|2026"
    assert below(system, "A") == ["A10", "A10B", "A10BA", "A10BA02"]
    assert values(system, "A10BA02", "DDD") == ["2 g O", "1 g P rare"]
    assert values(system, "A10", "level") == [2]


def test_whos_index(tmp_path: Path) -> None:
    codes = '<z:row ATCCode="A" Name="ALIMENTARY"/>\n<z:row ATCCode="A10" Name="DIABETES"/>'
    doses = '<z:row ATCCode="A10" DDD="2" UnitType="g" AdmCode="O" DDDComment=""/>'
    files = {"ATC_DDD.xml": XML.format(doses), "ATC.xml": XML.format(codes)}
    system = system_of(atc_release(written(tmp_path, files), "2026", hush))
    assert display(system, "A10") == "DIABETES"
    assert values(system, "A10", "DDD") == ["2 g O"]


@pytest.mark.parametrize(
    ("files", "version", "why"),
    [
        ({}, "1", "no table of ATC"),
        ({"atc.csv": CSV}, "", "give --version"),
        ({"atc.csv": CSV + "a1,x\n"}, "1", r"atc\.csv, line 8: 'a1' is not an ATC code"),
        ({"atc.xml": "<a"}, "1", r"atc\.xml, line 1"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, files: dict[str, str], version: str, why: str) -> None:
    written(tmp_path, files)
    with pytest.raises(UnusableFile, match=why):
        atc_release(Files(tmp_path), version, hush)
