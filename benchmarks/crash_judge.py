"""What must be there after all kills: nothing acknowledged is lost, nothing applied twice, all in order.

https://hl7.org/fhir/R4/http.html#history
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from benchmarks.crash_senders import PATIENTS, Sender, hash_of, identifier
from conformance.fhir import FhirClient

Resource = dict[str, Any]
MESSAGE_SYSTEM: Final = "https://yilian.example/fhir/sid/hl7v2-message"
MOST: Final = "1000"


async def judged(fhir: FhirClient, senders: Sequence[Sender], states: dict[str, int]) -> list[str]:
    """What is wrong. `states` are how many messages of the inbox are in which state."""
    problems = [problem for sender in senders for problem in sender.problems]
    good = Counter(hash_of(said) for sender in senders for said in sender.good)
    poison = {hash_of(said) for sender in senders for said in sender.poison}
    wanted = {"processed": len(good), "quarantined": len(poison)}
    if states != {state: count for state, count in wanted.items() if count}:
        problems.append(f"the inbox has {states}, and should have {wanted}")
    problems += _not_once(good, await fhir.search("Provenance", _count=MOST))
    results = sum(said.results for sender in senders for said in sender.good)
    observations = await fhir.search("Observation", _count=MOST)
    if len(observations) != results:
        problems.append(f"{len(observations)} Observations of {results}")
    problems += _rewritten(observations)
    problems += await _out_of_order(fhir, senders)
    return problems


def _not_once(good: Counter[str], provenances: Sequence[Resource]) -> Iterator[str]:
    named = Counter(
        entity["what"]["identifier"]["value"]
        for provenance in provenances
        for entity in provenance["entity"]
        if entity["what"]["identifier"]["system"] == MESSAGE_SYSTEM
    )
    yield from (f"message {sha256} is lost" for sha256 in good - named)
    yield from (f"message {sha256} was applied again, or should not have been" for sha256 in named - good)
    yield from _rewritten(provenances)


def _rewritten(resources: Sequence[Resource]) -> Iterator[str]:
    for resource in resources:
        if resource["meta"]["versionId"] != "1":
            yield f"{resource['resourceType']}/{resource['id']} was written more than once"


async def _out_of_order(fhir: FhirClient, senders: Sequence[Sender]) -> list[str]:
    """The versions of each patient, beside what his hospital told."""
    ids = {
        each["value"]: patient["id"]
        for patient in await fhir.search("Patient", _count=MOST)
        for each in patient.get("identifier", [])
        if not _is_enterprise(patient)
    }
    problems = []
    for sender in senders:
        for patient in range(PATIENTS):
            number, told = identifier(sender.number, patient), sender.editions[patient]
            if not told:
                continue
            if number not in ids:
                problems.append(f"patient {number} of sender {sender.number} is missing")
                continue
            versions = await fhir.search(f"Patient/{ids[number]}/_history", _count=MOST)
            seen = [version["address"][0]["line"][0] for version in reversed(versions)]
            if not is_in_order([int(address.removesuffix("号")) for address in seen], told):
                problems.append(
                    f"patient {number} ({sender.channel}) was {' '.join(seen)} instead of 1 to {told}"
                )
    return problems


def is_in_order(seen: Sequence[int], told: int) -> bool:
    """Each edition is there and the newest is current. One that came late (a process died with it in hand) is
    a version of its own that is superseded at once by what was current. It may be told late twice, by its own
    message and by a report that repeats it; that none is applied twice is told by the Provenances."""
    newest, there, versions = 0, set[int](), iter(seen)
    for edition in versions:
        if edition > newest:
            newest = edition
        elif edition == newest or next(versions, 0) != newest:
            return False
        there.add(edition)
    return there == set(range(1, told + 1))


def _is_enterprise(patient: Resource) -> bool:
    return any(
        each.get("system", "").endswith("/sid/enterprise-id") for each in patient.get("identifier", [])
    )
