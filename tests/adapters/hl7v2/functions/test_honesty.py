"""A leaf that a function says it read must matter: changing it changes what comes out."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.hl7v2.functions import functions
from adapters.hl7v2.functions.attachments import ed_attachment, rp_attachment
from adapters.hl7v2.functions.coded import cwe_coding, cwe_concept
from adapters.hl7v2.functions.contacts import xad_address, xtn_telecom
from adapters.hl7v2.functions.identifiers import (
    cx_identifier,
    dln_identifier,
    ei_identifier,
    eip_identifiers,
    hd_identifier,
    pln_identifier,
)
from adapters.hl7v2.functions.names import xpn_names
from adapters.hl7v2.functions.people import ndl_practitioner, xcn_practitioner, xon_organization
from adapters.hl7v2.functions.places import ndl_location, pl_location
from adapters.hl7v2.functions.quantities import cq_quantity, sn_choice
from adapters.hl7v2.functions.texts import code
from adapters.hl7v2.functions.times import birth_date, dr_period
from tests.adapters.hl7v2.functions.values import context, plain, value, vocabulary

CASES: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (cx_identifier, {}, "1^2^M11^NS&1.2.3.4.5&ISO^MR^FAC&1.2.3.4.6&ISO^20200101^20210101^J^D"),
    (cx_identifier, {}, "1^^^NS&GHH&DNS^PI^FAC"),
    (cx_identifier, {}, "110101199003074477^^^^NI"),
    (ei_identifier, {"kind": "order"}, "1^LIS^1.2.3.4.5^ISO"),
    (ei_identifier, {"kind": "order"}, "1^LIS^CLIA17^CLIA"),
    (eip_identifiers, {"kind": "specimen", "placer": "PGN", "filler": "FGN"}, "1&A^2&B&1.2.3.4&ISO"),
    (hd_identifier, {}, "NS^1.2.3.4.5^ISO"),
    (dln_identifier, {}, "DL7^浙江^20300101"),
    (pln_identifier, {}, "P7^MD^沪^20300101"),
    (xpn_names, {}, "OUYANG&van&Ou&de&Li^MING^X^JR^DR^MD^L^P^CTX^20200101&20210101^G^^^PROF^小明"),
    (xpn_names, {}, "欧阳^明^^^^^ZZ^^^^^20200101^20210101"),
    (
        xad_address,
        {},
        "1&Street&5^Apt^City^ST^200030^CHN^H^Other^CTY&县^TRACT^X^20200101&20210101^^^^^^^收件人",
    ),
    (xad_address, {}, "1^^^^^^BA^^^^^^20200101^20210101"),
    (xtn_telecom, {}, "^PRN^PH^a@b.example^86^21^64387250^9^note^^^^20200101^20210101^^^^2"),
    (xtn_telecom, {}, "123^XYZ^ZZ"),
    (cwe_concept, {"field": "OBX-3"}, "A^a^L^B^b^LN^1^2^orig^C^c^I10^3^1.2.3.4^1.2.3.5^2020^^1.2.3.6^2021"),
    (cwe_concept, {"field": "OBX-8", "vocabulary": "Interpretation"}, "H^高^HL70078"),
    (cwe_coding, {"field": "PV1-2", "vocabulary": "PatientClass"}, "ZZ^留观^L^^^^7"),
    (code, {"field": "PID-8", "vocabulary": "AdministrativeSex"}, "Q^其他^L"),
    (
        xcn_practitioner,
        {},
        "7^LI&van^明^X^JR^DR^MD^SRC^NS&1.2.3.4.5&ISO^L^2^M11^DN^FAC^P^^20200101&20210101^G^^^PROF",
    ),
    (
        ndl_practitioner,
        {},
        "7&LI&明&X&JR&DR&MD&S&NS&1.2.3.4&ISO^20200101^20200102^POC^R^B^F&1.2.3.4&ISO^^^BU^FL",
    ),
    (xon_organization, {}, "名^L^7^2^M11^NS&1.2.3.4.5&ISO^XX^FAC&1.2&ISO^A^"),
    (xon_organization, {}, "名^^^^^^^^^7"),
    (pl_location, {}, "W&1.2.3.4&ISO^R^B^F&X&DNS^S^N^BU^FL^desc^77&NS&1.2.3.4.5&ISO^AUTH"),
    (ndl_location, {}, "x^^^POC^R^B^F^^^BU^FL"),
    (cq_quantity, {"field": "SPM-12"}, "5.0^mL&毫升&UCUM"),
    (cq_quantity, {"field": "SPM-12"}, "5.0^mL&毫升"),
    (cq_quantity, {"field": "SPM-12"}, "5.0^mL&毫升&ISO+"),
    (cq_quantity, {"field": "SPM-12"}, "5.0^ml&毫升&L&mL&ml&UCUM"),
    (sn_choice, {}, "^1^:^128"),
    (sn_choice, {}, ">^100"),
    (sn_choice, {}, "<>^5^+^6"),
    (dr_period, {}, "20200101^20210101"),
    (birth_date, {}, "199003071425"),
    (ed_attachment, {}, "RIS^application^PDF^Base64^JVBERi0x"),
    (ed_attachment, {}, "RIS^TEXT^ZZZ^Hex^4142"),
    (rp_attachment, {}, "http://x.example/1^PACS^Image^ZZZ"),
]
# What the leaf is changed to: a text, a number that no other is, a time, an OID, codes of another kind.
CHANGES = ("QZ7", "9876543", "19770707", "1.9.8.7.6", "DNS", "Hex", "")


def _outcome(function: Callable[..., Any], arguments: dict[str, Any], text: str) -> tuple[Any, set[int]]:
    given = dict(arguments)
    if "vocabulary" in given:
        given["vocabulary"] = vocabulary(given["vocabulary"])
    read = value(text)
    return plain(function(read, context(), **given)), read.read


def _leaves(text: str) -> list[tuple[int, int, int]]:
    """(component, sub-component, leaf) of a composite."""
    return [
        (c, s, c << 8 | s)
        for c, component in enumerate(text.split("^"), 1)
        for s, leaf in enumerate(component.split("&"), 1)
        if leaf
    ]


def _changed(text: str, component: int, subcomponent: int, to: str) -> str:
    components = text.split("^")
    parts = components[component - 1].split("&")
    parts[subcomponent - 1] = to
    components[component - 1] = "&".join(parts)
    return "^".join(components)


@pytest.mark.parametrize(("function", "arguments", "text"), CASES)
def test_what_was_read_matters(function: Callable[..., Any], arguments: dict[str, Any], text: str) -> None:
    before, read = _outcome(function, arguments, text)
    assert before is not None
    for component, subcomponent, leaf in _leaves(text):
        if 0 in read or component << 8 in read or leaf in read:
            outcomes = [
                _outcome(function, arguments, _changed(text, component, subcomponent, to))[0]
                for to in CHANGES
            ]
            assert any(after != before for after in outcomes), f"{component}.{subcomponent} of {text}"


@pytest.mark.parametrize(("function", "arguments", "text"), CASES)
def test_what_was_not_read_does_not_matter(
    function: Callable[..., Any], arguments: dict[str, Any], text: str
) -> None:
    before, read = _outcome(function, arguments, text)
    for component, subcomponent, leaf in _leaves(text):
        if not (0 in read or component << 8 in read or leaf in read):
            after, _ = _outcome(function, arguments, _changed(text, component, subcomponent, "QZ7"))
            assert after == before, f"{component}.{subcomponent} of {text}"


def test_every_function_is_named_after_itself() -> None:
    assert all(name == each.call.__name__ for name, each in functions().items())
