"""WHO's ClaML, on a file of our own."""
# ruff: noqa: E501

import io

import pytest

from terminology.importers.claml import claml_release
from terminology.importers.release import UnusableFile
from tests.terminology.importers.made import below, display, hush, system_of, values


def rubric(text: str, kind: str = "preferred") -> str:
    return f'<Rubric kind="{kind}"><Label xml:lang="en">{text}</Label></Rubric>'


CLAML = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE ClaML SYSTEM "ClaML.dtd">
<ClaML version="2.0.0">
<Title name="ICD-10-TEST" date="2026-01-01" version="2026">Test</Title>
<Modifier code="S1"><SubClass code=".0"/></Modifier>
<ModifierClass modifier="S1" code=".0"><SuperClass code="S1"/>{rubric("closed")}</ModifierClass>
<ModifierClass modifier="S1" code=".1"><SuperClass code="S1"/>{rubric("open")}</ModifierClass>
<Class code="I" kind="chapter"><SubClass code="A00-A09"/>{rubric("Infections")}</Class>
<Class code="A00-A09" kind="block"><SuperClass code="I"/>{rubric("Intestinal")}</Class>
<Class code="A00" kind="category"><SuperClass code="A00-A09"/>{rubric("Cholera")}{rubric("no", "text")}</Class>
<Class code="A00.0" kind="category" usage="dagger"><SuperClass code="A00"/>{rubric("Classical <Term>one</Term>")}
</Class>
<Class code="A02" kind="category"><SuperClass code="A00-A09"/><ModifiedBy code="S1"/>{rubric("Wound")}</Class>
<Class code="A03" kind="category"><SuperClass code="A00-A09"/>
<ModifiedBy code="S1"><ValidModifierClass code=".1"/></ModifiedBy>{rubric("Cut")}</Class>
</ClaML>"""


def test_classes_and_what_modifiers_make_of_them() -> None:
    system = system_of(claml_release("c.xml", io.BytesIO(CLAML.encode()), "", "", hush))
    assert system.header.canonical == "http://hl7.org/fhir/sid/icd-10|2026"
    assert (system.header.name, system.header.language) == ("ICD-10-TEST", "en")
    assert below(system, "A00-A09") == ["A00", "A00.0", "A02", "A03", "A02.0", "A02.1", "A03.1"]
    assert display(system, "A00.0") == "Classical one"
    assert display(system, "A02.1") == "Wound : open"
    assert values(system, "A00.0", "usage") == ["dagger"]
    assert {system.codes[n] for n in system.abstract} == {"I", "A00-A09"}


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ("<ClaML><Class>", "c.xml, line 1: "),
        ("<ClaML/>", "it is not ClaML"),
        ('<ClaML>\n<Class kind="category"/></ClaML>', "line 2: a Class has no code"),
        ('<ClaML>\n<Class code="A"/>\n<Class code="A"/></ClaML>', "line 3 repeats the code A of line 2"),
    ],
)
def test_what_is_wrong_is_told(xml: str, why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        claml_release("c.xml", io.BytesIO(xml.encode()), "", "", hush)


def test_entities_are_not_resolved() -> None:
    xml = CLAML.replace('"ClaML.dtd">', '"ClaML.dtd" [<!ENTITY x SYSTEM "file:///etc/hostname">]>', 1)
    system = system_of(
        claml_release("c.xml", io.BytesIO(xml.replace("Cholera", "&x;").encode()), "", "", hush)
    )
    assert display(system, "A00") in ("", "&x;")
