"""Hypothesis generators for the patient index."""

from datetime import date

from hypothesis import strategies as st

from mpi.normalisation.citizen_id import check_character
from mpi.normalisation.demographics import Card, Demographics
from mpi.normalisation.pinyin import pinyin
from terminology.naming import HEALTH_CARD

PROVINCES = ("11", "31", "32", "44", "51", "65")


@st.composite
def citizen_ids(
    draw: st.DrawFn, earliest: date = date(1900, 1, 2), latest: date = date(2026, 1, 1)
) -> tuple[str, date, str]:
    """A valid 18-character number with the birth date and the sex that it says."""
    birth_date = draw(st.dates(earliest, latest))
    order = draw(st.integers(1, 999))
    division = draw(st.sampled_from(PROVINCES)) + f"{draw(st.integers(0, 9999)):04}"
    body = f"{division}{birth_date:%Y%m%d}{order:03}"
    return body + check_character(body), birth_date, "male" if order % 2 else "female"


NUMBERS = tuple(
    body + check_character(body) for body in ("31010119800506101", "31010119800506202", "31010120210304305")
)
NAMES = ("王伟", "王维", "李娜", "王小宝")


@st.composite
def demographics(draw: st.DrawFn) -> Demographics:
    """Records from a small world, so that numbers, names and birth dates often meet."""
    names = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)))
    return Demographics(
        names=names,
        pinyin=tuple(dict.fromkeys(map(pinyin, names))),
        newborn=not names and draw(st.booleans()),
        gender=draw(st.sampled_from(("", "male", "female"))),
        birth_date=draw(st.sampled_from(("", "1980", "1980-05-06", "2021-03-04"))),
        birth_order=draw(st.sampled_from((None, None, 1, 2))),
        citizen_ids=tuple(draw(st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True))),
        cards=tuple(
            Card("health-card", HEALTH_CARD, number)
            for number in draw(st.lists(st.sampled_from(("E1000001", "E1000002")), max_size=2, unique=True))
        ),
    )
