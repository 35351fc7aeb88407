"""An HL7 v3 message to FHIR, by what its subject holds; pure.

WS/T 846-2024: registration of persons, organizations, staff and terms; documents, visits, orders, requests.
A registered document is translated too, where its bytes are a clinical document.
"""

import base64
from dataclasses import replace
from typing import Any

from adapters.cda.translate import translate as translate_clinical
from adapters.cda.translate import worked
from adapters.hospitals.hospital import Hospital
from adapters.mapping.compiled import Maps
from adapters.translation import Coverage, Entry, Fields, Translation
from adapters.trees.coverage import account
from adapters.trees.element import Element
from adapters.trees.keeping import keep
from adapters.trees.parse import Tree, XmlError, parse
from adapters.v3.interaction import interaction_of
from adapters.v3.normalise import normalise
from terminology.issue import Issue

PACKAGES = ("adapters.trees.maps", "adapters.v3.maps")
_HOSPITAL = "2.16.156.10011.1.5"


def prepared(tree: Tree) -> Tree:
    """With the data types in one form."""
    normalise(tree.root)
    return tree


def hospital_names(tree: Tree) -> tuple[str, str]:
    """The institution that a message names as its own, else the sending application."""
    for element in tree.root.walk():
        if element.name in ("providerOrganization", "serviceProviderOrganization", "representedOrganization"):
            number = element.first("id")
            if number is not None and number.peek("root") == _HOSPITAL and number.peek("extension"):
                name = element.first("name", "part")
                return number.peek("extension"), name.peek("value") if name is not None else ""
    return interaction_of(tree.root).sender, ""


def translate(tree: Tree, hospital: Hospital, maps: Maps, clinical: Maps) -> Translation:
    """The resources that a prepared message says; a query says none."""
    interaction = interaction_of(tree.root)
    if interaction.is_query:
        leaves = len(tree.document.leaves)
        return Translation((), (), Coverage(0, leaves, 0), ())
    _leave_out_wrapper(tree)
    work = worked(tree, hospital, maps)
    drafts = work.finish()
    keep(tree.root, work, maps.ignored)
    inner = _document(tree, hospital, clinical)
    entries = [Entry(_distinct(draft.resource), draft.mode) for draft in drafts]
    issues = list(work.issues)
    if inner is not None:
        known = {(each.resource["resourceType"], each.resource["id"]) for each in inner.entries}
        entries = [e for e in entries if (e.resource["resourceType"], e.resource["id"]) not in known]
        entries += inner.entries
        issues += inner.issues
    if interaction.change == "Merge" and all(each.name != "priorRegisteredRole" for each in tree.root.walk()):
        issues.append(
            Issue("error", "required", "the merge names no record that is given up", "priorRegisteredRole/id")
        )
    if not entries and not issues:
        issues.append(
            Issue("error", "not-supported", f"nothing in {tree.root.name} is known", tree.root.name)
        )
    coverage, residue, fields = account(tree.document, maps.ignored)
    made = Translation(entries, issues, coverage, residue, fields=fields)
    return made if inner is None else _with(made, inner)


def _distinct(resource: dict[str, Any]) -> dict[str, Any]:
    """Terms name a code once (csd-1); what else it is called stands beside its first name."""
    concepts: list[dict[str, Any]] = resource.get("concept", [])
    if resource["resourceType"] != "CodeSystem" or len({each["code"] for each in concepts}) == len(concepts):
        return resource
    made: dict[str, dict[str, Any]] = {}
    for each in concepts:
        first = made.setdefault(each["code"], each)
        other = each.get("display", "")
        if first is not each and other and other != first.get("display"):
            named = [*first.get("designation", ()), {"value": other}]
            made[each["code"]] = {**first, "designation": named}
    return {**resource, "concept": list(made.values())}


def _leave_out_wrapper(tree: Tree) -> None:
    """What only concerns the transmission is kept with the message in the inbox."""
    wrapper = [child for child in tree.root.children if child.name != "controlActProcess"]
    act = tree.root.first("controlActProcess")
    trigger = act.named("code") if act is not None else []
    for element in (*wrapper, *trigger):
        for each in element.walk():
            tree.document.ignored.update(leaf for leaf, _ in each.leaves.values())


def _with(made: Translation, inner: Translation) -> Translation:
    """Both counts together; the document's paths stand below `document()`."""
    counted = Coverage(
        made.coverage.mapped + inner.coverage.mapped,
        made.coverage.ignored + inner.coverage.ignored,
        made.coverage.residue + inner.coverage.residue,
    )
    below = [replace(each, path=f"document()/{each.path}") for each in inner.residue]
    fields = Fields(
        [*made.fields.present, *((f"document()/{path}", shape) for path, shape in inner.fields.present)],
        [*made.fields.ignored, *((f"document()/{path}", why) for path, why in inner.fields.ignored)],
    )
    return replace(made, coverage=counted, residue=[*made.residue, *below], fields=fields)


def _document(tree: Tree, hospital: Hospital, clinical: Maps) -> Translation | None:
    """The clinical document that a registration carries in base64."""
    for element in tree.root.walk():
        if element.name != "originalText" or element.parent is None or element.parent.name != "storageCode":
            continue
        if (raw := _bytes(element)) is not None:
            try:
                inner = parse(raw)
            except XmlError:
                return None
            if inner.root.name != "ClinicalDocument":
                return None
            tree.document.kept.update(leaf for leaf, _ in element.leaves.values())
            return translate_clinical(inner, raw, hospital, clinical)
    return None


def _bytes(element: Element) -> bytes | None:
    said = "".join((element.peek("value") or element.peek("")).split())
    try:
        raw = base64.b64decode(said, validate=True)
    except ValueError:
        return None
    return raw if raw.lstrip().startswith((b"<", b"\xef\xbb\xbf")) else None
