"""What must come of each message of OpenHIE's client registry test script.

https://wiki.ohie.org/display/documents/OpenHIE+Client+Registry+Test+Script
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_TEST: Final = "TEST&2.16.840.1.113883.3.72.5.9.1&ISO"
_TEST_A: Final = "TEST_A&2.16.840.1.113883.3.72.5.9.2&ISO"
_NID: Final = "NID&2.16.840.1.113883.3.72.5.9.9&ISO"

DOMAINS: Final = """
domains:
  - {name: TEST, oid: 2.16.840.1.113883.3.72.5.9.1, assigners: [TEST_HARNESS]}
  - {name: TEST_A, oid: 2.16.840.1.113883.3.72.5.9.2, assigners: [TEST_HARNESS_A]}
  - {name: TEST_B, oid: 2.16.840.1.113883.3.72.5.9.3, assigners: [TEST_HARNESS_B]}
  - {name: NID, oid: 2.16.840.1.113883.3.72.5.9.9, assigners: [NID_AUTH], shared: true}
"""


@dataclass(frozen=True, slots=True)
class Expected:
    """`codes`: any of these in MSA-1. `error`: how ERR-2 begins. `numbers` must stand in PID-3, each with its
    whole authority; `absent` must not. `fields`: how a field of some PID begins."""

    codes: Sequence[str]
    status: str = ""
    error: str = ""
    persons: int | None = None
    numbers: Sequence[str] = ()
    absent: Sequence[str] = ()
    fields: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    file: str
    expected: Expected


_ACCEPTED: Final = Expected(("AA", "CA"))
_REFUSED: Final = Expected(("AE", "AR", "CE", "CR"))
_JENNIFER: Final = {5: "JONES^JENNIFER", 7: "19840125"}


def _found(*numbers: str, persons: int = 1, fields: Mapping[int, str] | None = None) -> Expected:
    return Expected(("AA",), "OK", "", persons, numbers, fields=fields or {})


def _error(place: str) -> Expected:
    return Expected(("AE",), "AE", place, 0)


_NOBODY: Final = Expected(("AA",), "NF", "", 0)
_439: Final = f"RJ-439^{_TEST}"


def _case(number: str, **steps: Expected) -> tuple[Step, ...]:
    return tuple(Step(f"OHIE-CR-{number}-{name.removeprefix('s')}", told) for name, told in steps.items())


CASES: Final = (
    _case("01", s10=_REFUSED),
    _case(
        "02",
        s10=_ACCEPTED,
        s20=_found(f"RJ-438^{_TEST}"),
        s30=_ACCEPTED,
        s40=_found(f"RJ-439^{_TEST}"),
    ),
    _case("03", s10=_REFUSED, s20=_REFUSED),
    _case("04", s20=_ACCEPTED, s30=_REFUSED),
    _case("05", s10=_ACCEPTED, s20=_ACCEPTED, s30=_found(f"RJ-441^{_TEST}")),
    _case("06", s20=_ACCEPTED, s30=_ACCEPTED, s40=_found(f"NID-000345435^{_NID}", f"RJ-449^{_TEST_A}")),
    _case(
        "07",
        s10=_ACCEPTED,
        s20=_ACCEPTED,
        s30=_found(f"RJ-440^{_TEST}"),
        s40=_found(f"RJ-440^{_TEST}", fields={6: "JONES", 21: f"RJ-439^^^{_TEST}"}),
    ),
    _case(
        "08",
        s10=_ACCEPTED,
        s30=_found(
            f"RJ-442^{_TEST}",
            fields={
                5: "FOSTER^FANNY^FULL",
                6: "FOSTER^MARY",
                7: "1970",
                8: "F",
                11: "123 W34 St^^FRESNO^CA^30495",
                13: "419",
                14: "034",
                15: "EN",
                16: "S",
            },
        ),
    ),
    _case(
        "09",
        s10=_error("QPD^1^3^1^1"),
        s20=_error("QPD^1^3^1^4"),
        s30=_ACCEPTED,
        s40=_found(f"RJ-443^{_TEST}"),
    ),
    _case(
        "10",
        s10=_ACCEPTED,
        s20=_found(f"RJ-444^{_TEST}"),
        s30=_error("QPD^1^4"),
        s40=_NOBODY,
    ),
    _case(
        "11",
        s10=_ACCEPTED,
        s20=_found(_439, fields=_JENNIFER),
        s30=_NOBODY,
        s40=Expected(("AE", "AR"), "AE", "", 0),
        s50=_found(_439, fields=_JENNIFER),
        s60=_NOBODY,
        s70=_error("QPD^1^8"),
    ),
    _case(
        "12",
        s10=_ACCEPTED,
        s20=_found(_439, fields=_JENNIFER),
        s30=_NOBODY,
        s40=_found(_439, fields=_JENNIFER),
        s45=_error("QPD^1^8"),
        s50=_found(_439, fields=_JENNIFER),
        s60=_found(_439, fields=_JENNIFER),
        s70=_found(_439, fields=_JENNIFER),
    ),
    _case(
        "13",
        s10=_ACCEPTED,
        s15=_ACCEPTED,
        s20=_found(f"RJ-440^{_TEST}"),
        s30=_found(f"RJ-440^{_TEST}"),
    ),
    _case("14", s10=_ACCEPTED, s20=_found(_439), s30=_found(_439), s40=_found(_439), s50=_NOBODY),
    _case(
        "15",
        s10=_ACCEPTED,
        s20=_found(_439),
        s30=_found(_439),
        s40=_found(_439),
        s50=_NOBODY,
        s60=_NOBODY,
    ),
    _case(
        "16",
        s10=_ACCEPTED,
        s15=_ACCEPTED,
        s20=_found(_439, f"RJ-999^{_TEST}", persons=2),
        s30=_ACCEPTED,
        s40=Expected(("AA",), "OK", "", 1, (_439,), ("RJ-999",)),
        s50=_error("QPD^1^3^1^1"),
        s60=Expected(("AA",), "OK", "", 1, (_439,), ("RJ-999",)),
    ),
    _case(
        "17",
        s15=_ACCEPTED,
        s20=_ACCEPTED,
        s25=_ACCEPTED,
        s30=_REFUSED,
        s40=_REFUSED,
        s50=_REFUSED,
    ),
    _case("18", s20=_ACCEPTED, s30=_ACCEPTED, s40=_REFUSED),
)
