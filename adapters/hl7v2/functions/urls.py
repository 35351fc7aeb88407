"""The URLs that the data-type functions write."""

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
THO = "http://terminology.hl7.org/CodeSystem/"
V2 = THO + "v2-"
URI = "urn:ietf:rfc:3986"
DATA_ABSENT_REASON = STRUCTURE + "data-absent-reason"
ALTERNATE_CODES = STRUCTURE + "alternate-codes"
