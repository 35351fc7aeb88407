"""Which names mean the same system: OIDs, URNs, URLs and HL7 v2 table names, and the one form the hub keeps.

https://hl7.org/fhir/R4/terminologies-systems.html and https://hl7.org/fhir/R4/identifier-registry.html.
A resource is echoed as it was sent; only indexes and comparisons use the canonical form.
"""

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Final

OID: Final = "urn:oid:"
THO: Final = "http://terminology.hl7.org/CodeSystem/"

# Identifiers: WS/T data-element OIDs 2.16.156.10011.1.x
DOCUMENT_ID: Final = "urn:oid:2.16.156.10011.1.1"
HEALTH_RECORD_NUMBER: Final = "urn:oid:2.16.156.10011.1.2"
CITIZEN_ID: Final = "urn:oid:2.16.156.10011.1.3"
STAFF_ID: Final = "urn:oid:2.16.156.10011.1.4"
INSTITUTION_CODE: Final = "urn:oid:2.16.156.10011.1.5"
OUTPATIENT_NUMBER: Final = "urn:oid:2.16.156.10011.1.11"
INPATIENT_NUMBER: Final = "urn:oid:2.16.156.10011.1.12"
MEDICAL_RECORD_NUMBER: Final = "urn:oid:2.16.156.10011.1.13"
SPECIMEN_ID: Final = "urn:oid:2.16.156.10011.1.14"
INSURANCE_CARD: Final = "urn:oid:2.16.156.10011.1.15"
HEALTH_CARD: Final = "urn:oid:2.16.156.10011.1.19"
PRESCRIPTION_NUMBER: Final = "urn:oid:2.16.156.10011.1.20"
REQUEST_NUMBER: Final = "urn:oid:2.16.156.10011.1.24"
DEPARTMENT_CODE: Final = "urn:oid:2.16.156.10011.1.26"
EXAMINATION_REPORT_NUMBER: Final = "urn:oid:2.16.156.10011.1.32"
LABORATORY_REPORT_NUMBER: Final = "urn:oid:2.16.156.10011.1.33"
SOCIAL_SECURITY_CARD: Final = "urn:oid:2.16.840.1.113883.2.23.1.19.2"

# Code systems: 2.16.156.10011.2.3.x
IDENTITY_DOCUMENT_TYPE: Final = "urn:oid:2.16.156.10011.2.3.1.1"
ETHNICITY: Final = "urn:oid:2.16.156.10011.2.3.3.3"
SEX: Final = "urn:oid:2.16.156.10011.2.3.3.4"
MARITAL_STATUS: Final = "urn:oid:2.16.156.10011.2.3.3.5"
ABO_BLOOD_GROUP: Final = "urn:oid:2.16.156.10011.2.3.1.85"
RH_D_BLOOD_GROUP: Final = "urn:oid:2.16.156.10011.2.3.1.250"
OCCUPATION: Final = "urn:oid:2.16.156.10011.2.3.3.7"
FAMILY_RELATION: Final = "urn:oid:2.16.156.10011.2.3.3.8"
DIAGNOSIS_ICD_10: Final = "urn:oid:2.16.156.10011.2.3.3.11"
PROCEDURE_ICD_9_CM_3: Final = "urn:oid:2.16.156.10011.2.3.3.12"
CHINESE_MEDICINE_DISEASE: Final = "urn:oid:2.16.156.10011.2.3.3.14"
DOCUMENT_TYPE: Final = "urn:oid:2.16.156.10011.2.4"
DATA_ELEMENT: Final = "urn:oid:2.16.156.10011.2.2.1"

LOINC: Final = "http://loinc.org"
SNOMED_CT: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD_10_CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_9_CM: Final = "http://hl7.org/fhir/sid/icd-9-cm"
ICD_9_CM_PROCEDURE: Final = "http://hl7.org/fhir/sid/icd-9-cm/procedure"
ICD_10_PCS: Final = "http://www.icd10data.com/icd10pcs"
ATC: Final = "http://www.whocc.no/atc"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC: Final = "http://hl7.org/fhir/sid/ndc"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
US_NPI: Final = "http://hl7.org/fhir/sid/us-npi"
US_SSN: Final = "http://hl7.org/fhir/sid/us-ssn"
CPT: Final = "http://www.ama-assn.org/go/cpt"
UNII: Final = "http://fdasis.nlm.nih.gov"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
ISO_3166: Final = "urn:iso:std:iso:3166"
ISO_4217: Final = "urn:iso:std:iso:4217"
BCP_13: Final = "urn:ietf:bcp:13"
BCP_47: Final = "urn:ietf:bcp:47"

ALIASES: Final = MappingProxyType(
    {
        # HL7 China's connectathon guide gives the citizen id an OID of its own.
        CITIZEN_ID: ("urn:oid:2.16.840.1.113883.2.23.1.19.1",),
        LOINC: ("urn:oid:2.16.840.1.113883.6.1", "http://loinc.org/", "https://loinc.org"),
        SNOMED_CT: ("urn:oid:2.16.840.1.113883.6.96", "https://snomed.info/sct", "http://snomed.info/sct/"),
        UCUM: ("urn:oid:2.16.840.1.113883.6.8", "http://unitsofmeasure.org/", "https://unitsofmeasure.org"),
        ICD_10: ("urn:oid:2.16.840.1.113883.6.3",),
        ICD_10_CM: ("urn:oid:2.16.840.1.113883.6.90",),
        ICD_10_PCS: ("urn:oid:2.16.840.1.113883.6.4",),
        ICD_9_CM: (
            "urn:oid:2.16.840.1.113883.6.42",
            "urn:oid:2.16.840.1.113883.6.103",
            "http://hl7.org/fhir/sid/icd-9-cm/diagnosis",
        ),
        ICD_9_CM_PROCEDURE: ("urn:oid:2.16.840.1.113883.6.104",),
        ATC: ("urn:oid:2.16.840.1.113883.6.73",),
        RXNORM: ("urn:oid:2.16.840.1.113883.6.88",),
        NDC: ("urn:oid:2.16.840.1.113883.6.69",),
        CVX: ("urn:oid:2.16.840.1.113883.12.292", "urn:oid:2.16.840.1.113883.6.59", THO + "v2-0292"),
        CPT: ("urn:oid:2.16.840.1.113883.6.12",),
        UNII: ("urn:oid:2.16.840.1.113883.4.9",),
        US_NPI: ("urn:oid:2.16.840.1.113883.4.6",),
        US_SSN: ("urn:oid:2.16.840.1.113883.4.1",),
        DICOM: ("urn:oid:1.2.840.10008.2.16.4",),
        ISO_3166: ("urn:oid:1.0.3166.1.2.2",),
    }
)
"""Other names of a canonical system; OIDs in `urn:oid:` form stand for their bare form too."""

# HL7 v3 code systems, 2.16.840.1.113883.5.x
_V3: Final = MappingProxyType(
    {
        "1": "AdministrativeGender",
        "2": "MaritalStatus",
        "4": "ActCode",
        "6": "ActClass",
        "7": "ActPriority",
        "8": "ActReason",
        "14": "ActStatus",
        "25": "Confidentiality",
        "43": "EntityNamePartQualifier",
        "45": "EntityNameUse",
        "60": "LanguageAbilityMode",
        "61": "LanguageAbilityProficiency",
        "63": "LivingArrangement",
        "83": "ObservationInterpretation",
        "84": "ObservationMethod",
        "88": "ParticipationFunction",
        "89": "ParticipationSignature",
        "90": "ParticipationType",
        "104": "Race",
        "110": "RoleClass",
        "111": "RoleCode",
        "112": "RouteOfAdministration",
        "129": "SpecimenType",
        "139": "TimingEvent",
        "1001": "ActMood",
        "1002": "ActRelationshipType",
        "1008": "NullFlavor",
        "1063": "ObservationValue",
        "1064": "ParticipationMode",
        "1070": "substanceAdminSubstitution",
        "1076": "ReligiousAffiliation",
        "1119": "AddressUse",
    }
)

# HL7 Table 0396: the coding systems that CWE-3 names and FHIR has a URL for
_TABLE_0396: Final = MappingProxyType(
    {
        "LN": LOINC,
        "SCT": SNOMED_CT,
        "UCUM": UCUM,
        "I10": ICD_10,
        "I10C": ICD_10_CM,
        "I10P": ICD_10_PCS,
        "I9C": ICD_9_CM,
        "I9CDX": ICD_9_CM,
        "I9CP": ICD_9_CM_PROCEDURE,
        "RXNORM": RXNORM,
        "NDC": NDC,
        "CVX": CVX,
        "C4": CPT,
        "UNII": UNII,
        "DCM": DICOM,
    }
)

_CANONICAL: Final = MappingProxyType({alias: system for system, names in ALIASES.items() for alias in names})
_KINDS: Final = MappingProxyType(
    {
        CITIZEN_ID: "citizen-id",
        HEALTH_CARD: "health-card",
        INSURANCE_CARD: "insurance-card",
        SOCIAL_SECURITY_CARD: "social-security-card",
    }
)
_BARE_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){2,}\Z")
_V2_TABLE_OID = re.compile(r"urn:oid:2\.16\.840\.1\.113883\.12\.([1-9][0-9]{0,3})\Z")
_V3_OID = re.compile(r"urn:oid:2\.16\.840\.1\.113883\.5\.([1-9][0-9]{0,3})\Z")
_OLD_HL7 = re.compile(r"http://hl7\.org/fhir/v([23])/([A-Za-z0-9-]{1,64})\Z")
_TABLE_NAME = re.compile(r"(?:HL7)?([0-9]{4})\Z")

# A longer name is nobody's alias, and must not fill the cache.
_LONGEST = 256


def canonical_system(uri: str) -> str:
    """The one form of a system's name that indexes and comparisons use; an unknown name is its own."""
    return _canonical(uri) if len(uri) <= _LONGEST else uri


@lru_cache(maxsize=16384)
def _canonical(uri: str) -> str:
    name = uri.strip()
    if name[:8].lower() == OID:
        name = OID + name[8:]
    elif _BARE_OID.match(name):
        name = OID + name
    known = _CANONICAL.get(name)
    if known is not None:
        return known
    return _computed(name)


def _computed(name: str) -> str:
    """The rules that name many systems at once: HL7's v2 tables and v3 code systems."""
    if found := _V2_TABLE_OID.match(name):
        return f"{THO}v2-{found[1]:0>4}"
    if found := _V3_OID.match(name):
        known = _V3.get(found[1])
        return f"{THO}v3-{known}" if known else name
    if found := _OLD_HL7.match(name):
        return f"{THO}v{found[1]}-{found[2]}"
    return name


def identify(system: str) -> tuple[str, str]:
    """What an identifier system names, and its canonical form: `("citizen-id", CITIZEN_ID)`.

    The kinds are `citizen-id`, `health-card`, `insurance-card` and `social-security-card`; the kind of
    every other system (a hospital's own numbers) is the empty string.
    """
    canonical = canonical_system(system)
    return _KINDS.get(canonical, ""), canonical


def code_system_for_table(table: str) -> str | None:
    """The code system of an HL7 v2 table: `HL70001` or `0001` → `…/CodeSystem/v2-0001`."""
    found = _TABLE_NAME.match(table)
    return canonical_system(f"{THO}v2-{found[1]}") if found else None


def code_system_for_name(name: str) -> str | None:
    """The code system that a v2 CWE-3 or CX-4 names (HL7 Table 0396, a v2 table, an OID or a URL).

    None for a local name (`L`, `99ZZZ`) and for one that nobody knows: the hospital's own system then.
    """
    known = _TABLE_0396.get(name.upper()) or code_system_for_table(name.upper())
    if known is not None:
        return known
    canonical = canonical_system(name)
    return canonical if canonical.startswith(("urn:", "http://", "https://")) else None
