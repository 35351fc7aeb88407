"""C-CDA by the guide C-CDA on FHIR, and what is kept of a document beside its resources."""

from typing import Any

from adapters.documents import document_maps, translate_document
from adapters.hospitals.hospital import Hospitals
from adapters.translation import Translation
from profiles.definitions import definitions
from profiles.structure import compile_structure

MAPS = document_maps(definitions())
HOSPITALS = Hospitals("https://hub.test")
CHECK = compile_structure(definitions())
TEMPLATE = "2.16.840.1.113883.10.20.22.4."
RACE = 'codeSystem="2.16.840.1.113883.6.238"'
HEAD = f"""<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:sdtc="urn:hl7-org:sdtc">
  <id root="1.2.3.4" extension="CCD-2"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Summary</title><effectiveTime value="20240305101500+0000"/>
  <setId root="1.2.3.5" extension="S-1"/><versionNumber value="2"/>
  <recordTarget><patientRole><id root="2.16.840.1.113883.4.1" extension="111-22-3333"/><patient>
    <name><given>Ada</given><family>Test</family></name>
    <raceCode code="2106-3" {RACE} displayName="White"/>
    <sdtc:raceCode code="2113-9" {RACE} displayName="Irish"/>
    <ethnicGroupCode code="2186-5" {RACE}/>
    <languageCommunication><languageCode code="eng"/><preferenceInd value="true"/></languageCommunication>
  </patient></patientRole></recordTarget>
  <author><time value="20240305"/><assignedAuthor><id root="1.2.9" extension="7"/>
    <assignedAuthoringDevice><manufacturerModelName>Writer</manufacturerModelName>
    <softwareName>Writer 3</softwareName></assignedAuthoringDevice></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.8" extension="H"/>
    <name>Testing Hospital</name><telecom use="HP" value="tel:+1-555-0100"/>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3.4" extension="CCD-1"/></parentDocument>
  </relatedDocument><component><structuredBody>"""


def document(*entries: str, text: str = "") -> bytes:
    section = f"""<component><section><code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/>
      <text>{text}</text>{"".join(f"<entry>{each}</entry>" for each in entries)}</section></component>"""
    return f"{HEAD}{section}</structuredBody></component></ClinicalDocument>".encode()


def made_of(raw: bytes) -> tuple[Translation, dict[str, list[dict[str, Any]]]]:
    made = translate_document(raw, MAPS, HOSPITALS)
    assert [issue for entry in made.entries for issue in CHECK(entry.resource)] == []
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in made.entries:
        found.setdefault(entry.resource["resourceType"], []).append(entry.resource)
    return made, found


def test_race_language_and_numbers_are_told_as_the_guide_tells_them() -> None:
    _, found = made_of(document())
    [patient] = found["Patient"]
    [race, ethnicity] = [e for e in patient["extension"] if "us-core" in e["url"]]
    assert [each["url"] for each in race["extension"]] == ["ombCategory", "detailed", "text"]
    assert race["extension"][-1]["valueString"] == "White, Irish"
    assert ethnicity["extension"][0]["valueCoding"]["display"] == "Not Hispanic or Latino"
    assert patient["communication"][0]["language"]["coding"] == [{"system": "urn:ietf:bcp:47", "code": "en"}]
    assert patient["identifier"][0]["system"] == "http://hl7.org/fhir/sid/us-ssn"


def test_the_software_that_wrote_it_is_a_device() -> None:
    _, found = made_of(document())
    [device] = found["Device"]
    [composition] = found["Composition"]
    assert [each["name"] for each in device["deviceName"]] == ["Writer", "Writer 3"]
    assert composition["author"] == [{"reference": f"Device/{device['id']}", "display": "Writer"}]
    assert "use" not in found["Organization"][0]["telecom"][0], "an organization has no home"


def test_what_it_replaces_is_named_in_both() -> None:
    _, found = made_of(document())
    [composition] = found["Composition"]
    [reference] = [each for each in found["DocumentReference"] if "relatesTo" in each]
    [replaced] = [each for each in found["DocumentReference"] if each["status"] == "superseded"]
    assert composition["relatesTo"][0]["targetIdentifier"]["value"] == "CCD-1"
    assert reference["relatesTo"] == [
        {"code": "replaces", "target": {"reference": f"DocumentReference/{replaced['id']}"}}
    ]
    assert reference["identifier"][0]["value"] == "S-1"


def test_a_medication_with_its_rhythm_and_words_from_the_narrative() -> None:
    activity = f"""<substanceAdministration classCode="SBADM" moodCode="EVN"><templateId root="{TEMPLATE}16"/>
      <id root="1.2.7" extension="M1"/><text><reference value="#sig1"/></text><statusCode code="active"/>
      <effectiveTime xsi:type="IVL_TS"><low value="20240301"/></effectiveTime>
      <effectiveTime xsi:type="PIVL_TS" operator="A"><period value="12" unit="h"/></effectiveTime>
      <doseQuantity value="1"/><consumable><manufacturedProduct><manufacturedMaterial>
      <code code="1" codeSystem="2.16.840.1.113883.6.88"><originalText><reference value="#drug1"/>
      </originalText></code></manufacturedMaterial></manufacturedProduct></consumable>
      <precondition><criterion><text>when in pain</text></criterion></precondition>
      </substanceAdministration>"""
    text = '<content ID="drug1">Aspirin <content>81 mg</content></content>'
    text += '<item ID="sig1">One, twice a day</item>'
    made, found = made_of(document(activity, text=text))
    [request] = found["MedicationRequest"]
    [dosage] = request["dosageInstruction"]
    assert request["medicationCodeableConcept"]["text"] == "Aspirin 81 mg"
    assert dosage["text"] == "One, twice a day"
    assert (int(dosage["timing"]["repeat"]["period"]), dosage["timing"]["repeat"]["periodUnit"]) == (12, "h")
    kept = {each["url"].rpartition("/")[2]: each for each in request["extension"]}
    assert kept["cda-precondition-criterion-text"]["valueString"] == "when in pain"
    assert not made.residue


def test_a_concern_that_is_over_is_no_resolved_problem() -> None:
    problem = f"""<act classCode="ACT" moodCode="EVN"><templateId root="{TEMPLATE}3"/><code code="CONC"/>
      <statusCode code="completed"/>
      <effectiveTime><low value="20240301"/><high value="20230101"/></effectiveTime>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
      <templateId root="{TEMPLATE}4"/><id root="1.2.7" extension="P1"/><code code="55607006"
      codeSystem="2.16.840.1.113883.6.96"/><value xsi:type="CD" code="233604007"
      codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship></act>"""
    _, found = made_of(document(problem))
    [condition] = found["Condition"]
    assert [each["code"] for each in condition["clinicalStatus"]["coding"]] == ["active"]
    said = [each.get("valueString") for each in found["Composition"][0]["extension"]]
    assert "20230101" in said, "an interval that ends before it begins is kept as it was sent"


def test_a_missing_value_says_why() -> None:
    result = """<observation classCode="OBS" moodCode="EVN"><id root="1.2.7" extension="O1"/>
      <code code="8302-2" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <value xsi:type="PQ" nullFlavor="ASKU"/></observation>"""
    _, found = made_of(document(result))
    [observation] = found["Observation"]
    assert observation["dataAbsentReason"]["coding"][0]["code"] == "asked-unknown"


def test_what_is_planned_decided_and_paid_for_and_the_device_of_a_procedure() -> None:
    planned = f"""<procedure classCode="PROC" moodCode="RQO"><templateId root="{TEMPLATE}41"/>
      <id root="1.2.3.7"/>
      <code code="73761001" codeSystem="2.16.840.1.113883.6.96" displayName="Colonoscopy"/>
      <statusCode code="active"/><effectiveTime value="20240401"/><priorityCode code="UR"/></procedure>"""
    will = f"""<organizer classCode="CLUSTER" moodCode="EVN"><templateId root="{TEMPLATE}108"/>
      <id root="1.2.3.8"/>
      <code code="45473-6" codeSystem="2.16.840.1.113883.6.1" displayName="living will"/><component>
      <observation classCode="OBS" moodCode="EVN"><templateId root="{TEMPLATE}48"/><id root="1.2.3.9"/>
      <code code="75278-2" codeSystem="2.16.840.1.113883.6.1"/><effectiveTime>
      <low value="20110219"/></effectiveTime>
      <value xsi:type="CD" code="304253006" codeSystem="2.16.840.1.113883.6.96"/>
      </observation></component></organizer>"""
    policy = f"""<act classCode="ACT" moodCode="EVN"><templateId root="{TEMPLATE}60"/>
      <entryRelationship><act><templateId root="{TEMPLATE}61"/><id root="1.2.3.10"/>
      <performer><assignedEntity><id root="1.2.3.11"/>
      <representedOrganization><name>Good Insurance</name></representedOrganization></assignedEntity>
      </performer><participant typeCode="COV"><participantRole><id root="1.2.3.12" extension="M77"/>
      </participantRole>
      </participant></act></entryRelationship></act>"""
    done = f"""<procedure classCode="PROC" moodCode="EVN"><code code="1" codeSystem="2.16.840.1.113883.6.96"/>
      <participant typeCode="DEV"><participantRole><templateId root="{TEMPLATE}37"/>
      <id root="2.16.840.1.113883.3.3719" extension="(01)00643169007222"/><playingDevice>
      <code code="14106009" codeSystem="2.16.840.1.113883.6.96"/></playingDevice></participantRole>
      </participant>      </procedure>"""
    made, found = made_of(document(planned, will, policy, done))
    [request], [consent], [coverage] = found["ServiceRequest"], found["Consent"], found["Coverage"]
    [device] = [each for each in found["Device"] if "udiCarrier" in each]
    [procedure] = found["Procedure"]
    assert (request["intent"], request["status"], request["priority"]) == ("order", "active", "urgent")
    assert consent["category"][0]["coding"][0]["code"] == "45473-6"
    assert (consent["dateTime"], consent["provision"]["code"][0]["coding"][0]["code"]) == (
        "2011-02-19",
        "304253006",
    )
    assert (coverage["subscriberId"], coverage["payor"][0]["display"]) == ("M77", "Good Insurance")
    assert procedure["focalDevice"][0]["manipulated"]["reference"] == f"Device/{device['id']}"
    assert not made.residue
