"""Numbers that a message may not give: of domains that nobody listed, or that are not the sender's.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-8.html (Patient Identity Feed)
"""

from dataclasses import replace

from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Translation
from exchange.domains import Domains
from terminology.issue import Issue


def refused_by_domain(
    domains: Domains, translation: Translation, message: Message, hospital: Hospital
) -> Translation:
    """The same, with an error for each Patient that its sender may not tell of."""
    if not domains.is_closed:
        return translation
    header = message.header
    names = [name for name in (hospital.id, header.text(3), header.text(4)) if name]
    refusals = [
        refusal
        for entry in translation.entries
        if entry.resource["resourceType"] == "Patient"
        and (refusal := domains.refusal(entry.resource, names)) is not None
    ]
    if not refusals:
        return translation
    issues = [Issue("error", "not-found", diagnostics, "PID-3") for diagnostics, _ in refusals]
    return replace(translation, issues=[*translation.issues, *issues])
