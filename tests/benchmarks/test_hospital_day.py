"""The mixture that is measured: the same each time, and nothing in it that the hub would refuse."""

from collections import Counter

from adapters.hospitals.hospital import Hospitals
from benchmarks.hospital_day import HospitalDay, citizen_id
from exchange.inbound.envelope import sealed

HOSPITALS = Hospitals("https://base.example")


def test_it_is_the_same_each_time_and_of_each_hospital_its_own() -> None:
    one, again, other = (HospitalDay(number, 1) for number in (1, 1, 2))
    told = [next(one) for _ in range(50)]
    assert told == [next(again) for _ in range(50)]
    assert told != [next(other) for _ in range(50)]


def test_every_kind_is_sent_and_can_be_read() -> None:
    day = HospitalDay(1, 1, enhanced=True)
    envelopes = [sealed(next(day), "mllp", None, HOSPITALS) for _ in range(400)]
    assert not [envelope.faults for envelope in envelopes if envelope.faults]
    kinds = Counter(envelope.message_type for envelope in envelopes)
    assert set(kinds) == {
        *("ADT^A01", "ADT^A03", "ADT^A04", "ADT^A08"),
        *("ORU^R01", "ORM^O01", "OMG^O19", "SIU^S12"),
    }
    assert kinds["ORU^R01"] > 80
    assert all(each.wants_accept(True) and not each.wants_application(True) for each in envelopes)
    assert len({envelope.control_id for envelope in envelopes}) == 400


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert citizen_id("11010519491231002") == "11010519491231002X"
