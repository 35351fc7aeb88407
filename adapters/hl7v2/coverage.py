"""Where every leaf of a message went: mapped, ignored on purpose, or residue."""

from collections.abc import Iterator, Mapping

from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.parse import Message, Segment
from adapters.hl7v2.reading import IGNORED, Ledger
from adapters.translation import Coverage, Residue

_NONE: frozenset[int] = frozenset()


def account(
    message: Message, ledger: Ledger, ignored: Mapping[str, str], twins: Mapping[int, Segment]
) -> tuple[Coverage, list[Residue]]:
    """Counts the leaves (as `Message.leaves` does). `ignored` are source paths; `twins` say of a segment
    that continues another one which: a field equal in both is mapped with the first's."""
    mapped = left_out = 0
    residue: list[Residue] = []
    delimiters = message.delimiters
    for segment in message.segments:
        name, position = segment.name, segment.position
        twin = twins.get(position)
        fields = segment.fields()
        start = 3 if name == "MSH" else 1
        for number in range(start, len(fields)):
            raw = fields[number]
            if not raw:
                continue
            of = position
            if twin is not None and number < len(twin.fields()) and twin.fields()[number] == raw:
                of = twin.position
            for repetition, component, subcomponent, value in _leaves(raw, delimiters):
                kept = ledger.get((of, number, repetition), _NONE)
                if 0 in kept or component << 8 in kept or component << 8 | subcomponent in kept:
                    mapped += 1
                elif value.isspace() or IGNORED in kept or _is_ignored(ignored, name, number, component):
                    left_out += 1
                else:
                    path = _path(segment.label, number, repetition, component, subcomponent, raw, delimiters)
                    residue.append(Residue(path, delimiters.unescape(value)))
    return Coverage(mapped, left_out, len(residue)), residue


def _is_ignored(ignored: Mapping[str, str], name: str, number: int, component: int) -> bool:
    field = f"{name}-{number}"
    return name in ignored or field in ignored or f"{field}.{component}" in ignored


def _leaves(raw: str, delimiters: Delimiters) -> Iterator[tuple[int, int, int, str]]:
    """(repetition, component, sub-component, value as sent) of every leaf that is not empty."""
    for r, repetition in enumerate(raw.split(delimiters.repetition), 1):
        if delimiters.component not in repetition and delimiters.subcomponent not in repetition:
            if repetition:
                yield r, 1, 1, repetition
            continue
        for c, component in enumerate(repetition.split(delimiters.component), 1):
            for s, value in enumerate(component.split(delimiters.subcomponent), 1):
                if value:
                    yield r, c, s, value


def _path(
    label: str,
    number: int,
    repetition: int,
    component: int,
    subcomponent: int,
    raw: str,
    delimiters: Delimiters,
) -> str:
    """The shortest address: `PID-8`, `PID-3[2].4.1`."""
    path = f"{label}-{number}"
    if repetition > 1:
        path += f"[{repetition}]"
    if delimiters.subcomponent in raw and subcomponent > 1:
        return f"{path}.{component}.{subcomponent}"
    return f"{path}.{component}" if delimiters.component in raw or component > 1 else path
