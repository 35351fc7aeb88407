"""A clinical document to FHIR: Composition, DocumentReference, the original as Binary, and what its entries
say; pure.

https://www.hl7.org/implement/standards/product_brief.cfm?product_id=7 (CDA R2), WS/T 500-2016,
https://build.fhir.org/ig/HL7/ccda-on-fhir/
"""

import base64
import hashlib
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.translate import time_zone
from adapters.hospitals.hospital import Hospital
from adapters.mapping.compiled import Maps
from adapters.mapping.draft import Draft
from adapters.mapping.identity import resource_id
from adapters.mapping.run import Work
from adapters.translation import Entry, Translation
from adapters.trees.coverage import account
from adapters.trees.functions.texts import STRUCTURE
from adapters.trees.keeping import keep
from adapters.trees.library import WORDS
from adapters.trees.parse import Tree
from adapters.trees.walk import walk

PACKAGES = ("adapters.trees.maps", "adapters.cda.maps")


def translate(
    tree: Tree, raw: bytes, hospital: Hospital, maps: Maps, media_type: str = "text/xml"
) -> Translation:
    """The resources that a document says. `raw` are its bytes, kept as they are."""
    work = worked(tree, hospital, maps)
    drafts = work.finish()
    keep(tree.root, work, maps.ignored)
    binary = _binary(drafts, raw, media_type, hospital)
    coverage, residue, fields = account(tree.document, maps.ignored)
    entries = [Entry(_complete(draft.resource), draft.mode) for draft in drafts]
    if binary is not None:
        entries.append(Entry(binary, "replace"))
    return Translation(entries, work.issues, coverage, residue, fields=fields)


def worked(tree: Tree, hospital: Hospital, maps: Maps) -> Work:
    """What the maps make of a tree, still open."""
    context = Context(hospital, time_zone(hospital.timezone), maps.vocabularies)
    words = dict(zip(WORDS, (hospital.id, hospital.name, hospital.base), strict=True))
    kind = maps.looking or Work
    work: Work = kind(hospital.id, context, hospital.dialect, words)
    walk(tree.root, maps, work)
    return work


def hospital_names(tree: Tree) -> tuple[str, str]:
    """The institution that keeps the document, by number and by name: whose document it is."""
    way = ("custodian", "assignedCustodian", "representedCustodianOrganization")
    kept = tree.root.first(*way)
    if kept is None:
        return "", ""
    number, name = kept.first("id"), kept.first("name")
    extension = number.peek("extension") or number.peek("root") if number is not None else ""
    return extension, name.peek("") if name is not None else ""


def _binary(drafts: list[Draft], raw: bytes, media_type: str, hospital: Hospital) -> dict[str, Any] | None:
    """The original, byte by byte; the DocumentReference points to it."""
    references = [draft.resource for draft in drafts if draft.label == "reference"]
    if not references:
        return None
    [reference] = references[:1]
    made_id = resource_id("Binary", hospital.id, reference["id"])
    attachment = reference["content"][0]["attachment"]
    attachment |= {
        "contentType": media_type,
        "url": f"Binary/{made_id}",
        "size": len(raw),
        "hash": base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode("ascii"),
    }
    binary: dict[str, Any] = {"resourceType": "Binary", "id": made_id, "contentType": media_type}
    if "subject" in reference:
        binary["securityContext"] = {"reference": reference["subject"]["reference"]}
    binary["data"] = base64.b64encode(raw).decode("ascii")
    return binary


def _complete(resource: dict[str, Any]) -> dict[str, Any]:
    """A section with nothing in it says so by not being there; a dosage that R4 wants a dose of (mad-1) says
    that none was told."""
    dosage = resource.get("dosage") if resource["resourceType"] == "MedicationAdministration" else None
    if dosage and not dosage.keys() & {"dose", "rateQuantity", "rateRatio"}:
        absent = {"url": f"{STRUCTURE}data-absent-reason", "valueCode": "unknown"}
        return {**resource, "dosage": {**dosage, "dose": {"extension": [absent]}}}
    if resource["resourceType"] != "Composition" or "section" not in resource:
        return resource
    kept = [section for section in resource["section"] if section.keys() & {"text", "entry"}]
    made = {name: value for name, value in resource.items() if name != "section"}
    return {**made, "section": kept} if kept else made
