"""Numbers that a message may not give: of domains that nobody listed, or that are not the sender's.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-8.html (Patient Identity Feed)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.documents import HL7_V3
from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.fault import UNKNOWN_KEY_IDENTIFIER
from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Entry, Translation
from adapters.trees.parse import parse
from adapters.v3.envelope import unwrapped
from adapters.v3.interaction import interaction_of
from adapters.v3.translate import prepared
from exchange.domains import Domains
from exchange.inbound.sent import Sent
from terminology.issue import Issue

Resource = dict[str, Any]


def refused_by_domain(
    domains: Domains, translation: Translation, message: Message, hospital: Hospital
) -> Translation:
    """The same, with an error for each Patient that its sender may not tell of."""
    if not domains.is_closed:
        return translation
    header = message.header
    names = [name for name in (hospital.id, header.text(3), header.text(4)) if name]
    return _refused(domains, translation, names, "PID-3")


def refused_by_domain_in_v3(
    domains: Domains, translation: Translation, message: Sent, hospital: Hospital
) -> Translation:
    """The same of a message of PIXV3 (ITI-44); WS/T 846 has registers of its own, which nobody lists."""
    if not domains.is_closed or message.form != HL7_V3 or not translation.entries:
        return translation
    request = unwrapped(parse(message.raw, message.charset))
    if request is None or not (asked := interaction_of(prepared(request.tree).root)).is_international:
        return translation
    names = [name for name in (hospital.id, asked.sender, *asked.devices[0]) if name]
    return _refused(domains, translation, names, "patient/id")


def unknown_in_merges(
    domains: Domains, entries: Iterable[Entry], current: Mapping[tuple[str, str], Resource | None]
) -> list[Fault]:
    """Of each record that is given up without anybody having told of it. Where domains are listed, a merge
    gives up what is registered; elsewhere it may come before the feed of that record."""
    if not domains.is_closed:
        return []
    return [
        Fault(UNKNOWN_KEY_IDENTIFIER, "nobody is registered by the number that is given up", "MRG-1")
        for entry in entries
        if _is_given_up(entry.resource) and current["Patient", entry.resource["id"]] is None
    ]


def _is_given_up(resource: Resource) -> bool:
    links = resource.get("link", ()) if resource["resourceType"] == "Patient" else ()
    return any(link.get("type") == "replaced-by" for link in links)


def _refused(domains: Domains, translation: Translation, names: Sequence[str], place: str) -> Translation:
    refusals = [
        refusal
        for entry in translation.entries
        if entry.resource["resourceType"] == "Patient"
        and (refusal := domains.refusal(entry.resource, names)) is not None
    ]
    if not refusals:
        return translation
    issues = [Issue("error", "not-found", diagnostics, place) for diagnostics, _ in refusals]
    return replace(translation, issues=[*translation.issues, *issues])
