"""Metrics as Prometheus reads them. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

Labels are names of hospitals, types and states, never a value of a message: who makes a family sees to it
that there are not too many of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", '"': '\\"'}


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, told apart from the others of its family by labels."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """All values of one name. A counter's name ends in `_total`."""

    name: str
    kind: Literal["counter", "gauge"]
    text: str
    samples: Sequence[Sample]


def exposition(families: Iterable[Family]) -> bytes:
    """Families in the order of their names, so that two scrapes can be compared line by line."""
    lines: list[str] = []
    for family in sorted(families, key=lambda each: each.name):
        lines += (f"# HELP {family.name} {family.text}", f"# TYPE {family.name} {family.kind}")
        lines += [f"{family.name}{_labels(each.labels)} {_number(each.value)}" for each in family.samples]
    return "".join(f"{line}\n" for line in lines).encode()


def _labels(labels: Mapping[str, str]) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in value)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
