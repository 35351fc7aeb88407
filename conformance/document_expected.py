"""Clinical documents beside the resources that others expect of them.

`…/input/X.ccda` beside `…/expected/X-expected.json`, and `…/binary/X.xml` beside `…/*/X.json` (the guide
C-CDA on FHIR). How far expected elements agree is told by resource type, and what differs by how it was
judged (`baselines/ccda.yaml`).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from conformance.v2_differences import differences, judgements
from conformance.v2_pairs import Translated

Json = dict[str, Any]
_ASIDE: Final = frozenset(("Binary", "Bundle", "OperationOutcome"))


def agreement(made: Mapping[Path, Translated]) -> Iterator[str]:
    """One line of all, one by type, one of what nobody judged."""
    judged = judgements("ccda")
    agreed, expected = Counter[str](), Counter[str]()
    verdicts: Counter[str] = Counter()
    open_: Counter[str] = Counter()
    files = 0
    for path, translated in made.items():
        wanted = [each for file in _expected(path) for each in _resources(file)]
        files += bool(wanted)
        for kind in sorted({each["resourceType"] for each in wanted}):
            of_kind = [each for each in wanted if each["resourceType"] == kind]
            equal, differing = differences(_kept(translated), of_kind)
            agreed[kind] += equal
            expected[kind] += equal + len(differing)
            for each in differing:
                verdict = judged.of(each)
                verdicts[verdict or "not judged"] += 1
                open_[f"{each.path} ({each.kind})"] += not verdict
    if files:
        yield from _told(files, agreed, expected, verdicts, +open_)


def _told(
    files: int, agreed: Counter[str], expected: Counter[str], verdicts: Counter[str], open_: Counter[str]
) -> Iterator[str]:
    equal, every = agreed.total(), expected.total()
    share = equal / (every or 1)
    whose = ", ".join(f"{verdict} {n}" for verdict, n in verdicts.most_common())
    yield f"{files} documents with expected resources: {equal}/{every} elements agree ({share:.3f}); {whose}"
    yield ", ".join(f"{kind} {agreed[kind]}/{n}" for kind, n in sorted(expected.items()))
    if open_:
        yield f"not judged: {', '.join(f'{path} {n}' for path, n in open_.most_common(20))}"


def _kept(translated: Translated) -> list[Json]:
    return [each for each in translated.resources if each["resourceType"] != "Binary"]


def _expected(path: Path) -> list[Path]:
    """The files that hold what is expected of a document."""
    above = path.parent.parent
    if path.parent.name == "input":
        names = (f"{path.stem}-expected.json", f"{path.name}-expected.json")
        return [file for name in names if (file := above / "expected" / name).is_file()][:1]
    if path.parent.name == "binary":
        return sorted(above.glob(f"*/{path.stem}.json"))
    return []


def _resources(file: Path) -> list[Json]:
    told = json.loads(file.read_text("utf-8"))
    found = [each["resource"] for each in told.get("entry", ())] if "entry" in told else [told]
    return [each for each in found if each.get("resourceType", "Binary") not in _ASIDE]
