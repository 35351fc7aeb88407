from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.functions.times import (
    birth_date,
    date,
    dr_choice,
    instant,
    normal_date_time,
    normal_time,
    span_choice,
)
from profiles.primitives import VALID
from tests.adapters.hl7v2.functions.values import context, plain, value

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("2024", "2024"),
        ("202403", "2024-03"),
        ("20240305", "2024-03-05"),
        ("2024030508", "2024-03-05T08:00:00+08:00"),
        ("202403050830", "2024-03-05T08:30:00+08:00"),
        ("20240305083015", "2024-03-05T08:30:15+08:00"),
        ("20240305083015.1234", "2024-03-05T08:30:15.1234+08:00"),
        ("20240305083015-0500", "2024-03-05T08:30:15-05:00"),
        ("202403050830+0000", "2024-03-05T08:30:00+00:00"),
        ("20240305083015Z", "2024-03-05T08:30:15Z"),
        ("20240305+0800", "2024-03-05"),
        ("19880601120000", "1988-06-01T12:00:00+09:00"),  # China had summer time
        ("2024-03-05", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("2024-03-05 08:30", "2024-03-05T08:30:00+08:00"),
        ("2024-03-05T08:30:15.5+01:00", "2024-03-05T08:30:15.5+01:00"),
        ("20240305083060", "2024-03-05T08:30:60+08:00"),
        ("20240305083015+2500", "2024-03-05T08:30:15+08:00"),
        ("20240230", ""),
        ("20241301", ""),
        ("00000000", ""),
        ("2024030524", ""),
        ("yesterday", ""),
        ("", ""),
        ("0", ""),
        ("２０２４", ""),
    ],
)
def test_date_times(sent: str, normal: str) -> None:
    assert normal_date_time(sent, SHANGHAI) == normal


@given(st.text(alphabet="0123456789+-.:TZ /", max_size=26))
def test_what_comes_out_is_a_fhir_date_time(sent: str) -> None:
    moment = normal_date_time(sent, SHANGHAI)
    assert not moment or VALID["dateTime"](moment)


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_a_zone_of_any_offset_is_written(moment: object, minutes: int) -> None:
    text = f"{moment:%Y%m%d%H%M%S}"
    made = normal_date_time(text, timezone(timedelta(minutes=minutes)))
    assert not made or VALID["dateTime"](made)


def test_a_birth_time_stands_beside_the_date_and_midnight_is_none() -> None:
    assert plain(birth_date(value("199003071425"), context())) == {
        "value": "1990-03-07",
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                "valueDateTime": "1990-03-07T14:25:00+08:00",
            }
        ],
    }
    assert birth_date(value("19900307000000"), context()) == "1990-03-07"
    assert birth_date(value("1990"), context()) == "1990"
    assert birth_date(value("unknown"), context()) is None


def test_a_bare_date_is_no_instant() -> None:
    assert instant(value("20240305"), context()) is None
    assert instant(value("202403050830"), context()) == "2024-03-05T08:30:00+08:00"
    assert date(value("202403050830"), context()) == "2024-03-05"


def test_spans() -> None:
    start, end = "2024-03-05", "2024-03-06"
    assert plain(span_choice(value("20240305"), context())) == {"DateTime": start}
    assert plain(span_choice(value("20240305"), context(), end=value("20240306"))) == {
        "Period": {"start": start, "end": end}
    }
    assert plain(dr_choice(value("20240305^20240306"), context())) == {"Period": {"start": start, "end": end}}
    assert plain(dr_choice(value("20240305"), context())) == {"DateTime": start}
    assert dr_choice(value("x^y"), context()) is None


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("08", "08:00:00"),
        ("0830", "08:30:00"),
        ("083015.25", "08:30:15.25"),
        ("08:30", "08:30:00"),
        ("2430", ""),
        ("", ""),
    ],
)
def test_times(sent: str, normal: str) -> None:
    assert normal_time(sent) == normal
