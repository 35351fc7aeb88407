"""HL7 v3 messages: what the services of a hospital platform become."""

import base64
import json
import re
from typing import Any

import pytest

from adapters.documents import document_maps, translate_document
from adapters.hospitals.hospital import Hospitals
from adapters.translation import Translation
from profiles.definitions import definitions
from profiles.structure import compile_structure
from tests.adapters.cda.samples import ADMISSION
from tests.adapters.v3.messages import MERGE, ORDER, QUERY, local_id, message, registration

MAPS = document_maps(definitions())
HOSPITALS = Hospitals("https://hub.test")
CHECK = compile_structure(definitions())


def translated(raw: bytes) -> Translation:
    made = translate_document(raw, MAPS, HOSPITALS)
    assert [issue for entry in made.entries for issue in CHECK(entry.resource)] == []
    return made


def of(translation: Translation, resource_type: str) -> list[dict[str, Any]]:
    return [e.resource for e in translation.entries if e.resource["resourceType"] == resource_type]


def test_a_person_is_registered_with_all_numbers() -> None:
    made = translated(registration())
    [patient] = of(made, "Patient")
    assert made.coverage.residue == 0, made.residue
    assert [each["value"] for each in patient["identifier"]] == ["P42", "110101199003071233", "CARD9"]
    assert patient["identifier"][0]["system"] == "https://hub.test/sid/his1/MR"
    assert patient["identifier"][2]["assigner"]["identifier"]["value"] == "H009"
    assert patient["gender"] == "female"
    assert patient["active"] is True
    assert patient["address"][0]["state"] == "北京市"
    assert patient["address"][0]["postalCode"] == "100000"
    [relative] = of(made, "RelatedPerson")
    assert relative["name"] == [{"text": "周配偶"}]
    assert relative["relationship"][0]["coding"][0]["code"] == "SPS"


def test_a_merge_links_both_records() -> None:
    made = translated(MERGE)
    survivor, prior = of(made, "Patient")
    assert prior["active"] is False
    assert prior["link"] == [{"type": "replaced-by", "other": {"reference": f"Patient/{survivor['id']}"}}]
    assert survivor["link"] == [{"type": "replaces", "other": {"reference": f"Patient/{prior['id']}"}}]


def test_a_record_is_not_merged_into_itself() -> None:
    made = translated(MERGE.replace(b"P41", b"P42"))
    assert any(issue.code == "business-rule" for issue in made.issues)


def test_a_merge_names_who_is_given_up() -> None:
    made = translated(MERGE.replace(b"priorRegisteredRole", b"registeredRole"))
    assert [(each.severity, each.expression) for each in made.issues] == [("error", "priorRegisteredRole/id")]


def test_a_domain_without_a_number_is_no_number() -> None:
    """Whoever has no number would be the same patient."""
    bare = registration().replace(b'extension="P42"', b'extension=""')
    for raw in (bare, bare.replace(b"2.16.156.10011.2.5.1.4", b"1.2.3.4.1")):
        [patient] = of(translated(raw), "Patient")
        assert [each["value"] for each in patient["identifier"]] == ["110101199003071233", "CARD9"]


def test_an_order_knows_its_patient_and_its_visit() -> None:
    made = translated(ORDER)
    [request] = of(made, "MedicationRequest")
    [patient] = of(made, "Patient")
    [visit] = of(made, "Encounter")
    assert request["subject"]["reference"] == f"Patient/{patient['id']}"
    assert request["encounter"]["reference"] == f"Encounter/{visit['id']}"
    assert visit["class"]["code"] == "IMP"
    assert request["medicationCodeableConcept"]["text"] == "氨茶碱片"
    assert str(request["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]) == "0.50"
    assert request["requester"]["display"] == "周医生"
    assert made.coverage.residue == 0, made.residue


def test_a_person_of_both_messages_is_one() -> None:
    [first], [second] = (of(translated(raw), "Patient") for raw in (registration(), ORDER))
    assert first["id"] == second["id"]


def test_a_registered_document_is_translated_too() -> None:
    data = base64.b64encode(ADMISSION).decode()
    inner = (
        "<subject><clinicalDocument><id><item root='2.16.156.10011.2.5.1.24' extension='22'/></id>"
        "<code code='C0034'><displayName value='入院记录'/></code>"
        f"<storageCode><originalText value='{data}'/></storageCode><recordTarget><patient>{local_id('P42')}"
        "</patient></recordTarget></clinicalDocument></subject>"
    )
    made = translated(message("RCMR_IN000002UV02", inner))
    assert {"Composition", "Condition", "Binary"} <= {e.resource["resourceType"] for e in made.entries}
    [binary] = of(made, "Binary")
    assert base64.b64decode(binary["data"]) == ADMISSION


def test_a_query_makes_nothing() -> None:
    made = translated(QUERY)
    assert not made.entries
    assert not made.issues


@pytest.mark.parametrize(
    "soap", ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"]
)
@pytest.mark.parametrize("form", ["element", "text"])
def test_a_message_is_found_in_its_envelope(soap: str, form: str) -> None:
    bare = registration().decode().partition("?>")[2]
    inner = (
        bare
        if form == "element"
        else f"<Call><action>PatientInfoRegister</action><msg><![CDATA[{bare}]]></msg></Call>"
    )
    raw = f'<s:Envelope xmlns:s="{soap}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()
    enveloped, alone = (translated(each) for each in (raw, registration()))
    assert json.dumps(enveloped.bundle(), default=str) == json.dumps(alone.bundle(), default=str)
    assert enveloped.coverage == alone.coverage


def test_a_code_that_terms_name_twice_is_there_once_with_both_names() -> None:
    items = "".join(
        f"<valueSetItems><code code='{code}'><displayName value='{name}'/></code></valueSetItems>"
        for code, name in (("1", "男"), ("2", "女"), ("1", "男性"))
    )
    inner = (
        "<subject><registrationRequest><subject1><valueSet><id extension='SEX'/>"
        f"{items}</valueSet></subject1></registrationRequest></subject>"
    )
    [terms] = of(translated(message("PRVS_IN000001UV01", inner)), "CodeSystem")
    assert [each["code"] for each in terms["concept"]] == ["1", "2"]
    assert terms["concept"][0]["designation"] == [{"value": "男性"}]


def test_a_name_alone_is_nobody() -> None:
    """All of that name would be one patient."""
    raw = registration()
    for part in (
        rb'<id><item [^>]*extension="(?:P42|110101199003071233)"/></id>',
        rb"<asOtherIDs>.*?</asOtherIDs>",
        rb"<birthTime [^>]*/>",
    ):
        raw = re.sub(part, b"", raw, flags=re.DOTALL)
    made = translated(raw)
    assert [each.code for each in made.issues if each.severity == "error"] == ["required"]
