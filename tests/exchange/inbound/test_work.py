"""Whatever a sender garbles, a message becomes resources, or faults with a code; never an exception."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.translation import Translation
from exchange.inbound.envelope import sealed
from exchange.inbound.work import work_from_envelope
from profiles.definitions import definitions
from profiles.structure import compile_structure
from terminology.issue import Issue

HOSPITALS = Hospitals("https://base.example")
SENT = (
    "MSH|^~\\&|HIS|H1|HUB||20240301083000||ADT^A01^ADT_A01|1|P|2.5.1\rEVN|A01|20240301\r"
    "PID|1||1^^^H1^PI~11010519491231002X^^^CN^NI||张^三||19491231|F|||人民路^^上海^^200000||138||||M\r"
    "NK1|1|李^四|SPO||139\rPV1|1|I|W^1^2|||7^王^五|||||||||||I|V1\rAL1|1|DA|P^青霉素|SV|皮疹\r"
    "DG1|1||J18.9^肺炎^I10|||A\rIN1|1|P1^基本|C1|保险公司\r",
    "MSH|^~\\&|LIS|H1|HUB||20240301083000||ORU^R01^ORU_R01|2|P|2.3.1\rPID|1||1^^^H1^PI||张^三||19491231|F\r"
    "PV1|1|O\rORC|RE|P1|F1\rOBR|1|P1|F1|CBC^血常规^L|||202403010800|||||||||||||||20240301||LAB|F\r"
    "OBX|1|NM|718-7^Hb^LN||12.5|g/dL|11-15|N|||F|||20240301\rNTE|1||稀释\r"
    "OBX|2|SN|1^x^L||>^100|mg|<5|H|||F\rOBX|3|CE|2^y^L||A^阳性^L\rOBX|4|TX|3^z^L||一~二\rSPM|1|||BLD^血\r",
)
TOKENS = '| ^ ~ & \\ "" -1 20241399 NaN 1e9 \\X00\\ \\.br\\ 😀 \ufffe <script> %41 OBX| PID|'
GARBAGE = st.sampled_from([*TOKENS.split(), "\r", " ", "\t", "\x0b", "urn:x y", "9" * 40, "张" * 300])
EDITS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), GARBAGE), min_size=1, max_size=6)


@cache
def tools() -> tuple[
    Callable[[Message, Hospital, datetime], Translation], Callable[[dict[str, object]], list[Issue]]
]:
    library = MapLibrary(definitions())
    return lambda sent, hospital, at: translate(sent, hospital, at, library.of(hospital)), compile_structure(
        definitions()
    )


@given(st.sampled_from(SENT), EDITS)
def test_garbled_messages(text: str, edits: list[tuple[int, int, str]]) -> None:
    for place, gone, put in edits:
        place %= len(text)
        text = text[:place] + put + text[place + gone :]
    translated, _ = tools()
    envelope = sealed(text.encode(), "test", None, HOSPITALS)
    work = work_from_envelope(1, datetime(2024, 3, 1, tzinfo=UTC), envelope, translated)
    assert work.faults or work.references
    assert all(fault.code.isdigit() for fault in work.faults)


def test_good_messages_make_good_resources() -> None:
    translated, check = tools()
    for text in SENT:
        envelope = sealed(text.encode(), "test", None, HOSPITALS)
        work = work_from_envelope(1, datetime(2024, 3, 1, tzinfo=UTC), envelope, translated)
        assert not work.faults
        assert len(work.patients) == 1
        assert work.translation is not None
        for entry in work.translation.entries:
            assert [issue for issue in check(entry.resource) if issue.severity in ("error", "fatal")] == []
