"""The URLs that the data-type functions write."""

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
THO = "http://terminology.hl7.org/CodeSystem/"
V2 = THO + "v2-"
URI = "urn:ietf:rfc:3986"
DATA_ABSENT_REASON = STRUCTURE + "data-absent-reason"
ALTERNATE_CODES = STRUCTURE + "alternate-codes"
OWN = "https://yilian.example/fhir/StructureDefinition/"
# The name, or the OID, of a coding system or of a kind of equipment, as the sender spells it.
SYSTEM_AS_SENT = OWN + "coding-system-as-sent"
