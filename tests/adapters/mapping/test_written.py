"""Written plans give what the rows give one by one."""

from datetime import UTC, datetime
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate, translated_by
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.mapping.compiled import CompiledMap, Maps
from adapters.mapping.draft import Draft, Scope
from adapters.mapping.memory import SIZE, Memories
from adapters.mapping.run import Work
from profiles.definitions import definitions

RECEIVED = datetime(2024, 3, 1, tzinfo=UTC)
MESSAGES = (
    (
        "MSH|^~\\&|LIS|H1|HUB|R|20240301||ORU^R01^ORU_R01|1|P|2.5.1",
        "PID|1||7^^^H1^MR~11010119800101123X^^^^NI||Li^Wei||19800101|M|||1 Road^^City^^100020||139",
        "PV1|1|I|A^301^2^H1||||1001^Zhao^Y||||||||||||V7^^^H1^VN|||||||||||||||||||||||||20240229",
        "ORC|RE|P1^HIS|F1^LIS||CM||||20240301|||1001^Zhao^Y",
        "OBR|1|P1^HIS|F1^LIS|CBC^Blood^L|||20240301||||||||1001^Zhao^Y||||||20240301||LAB|F",
        "OBX|1|NM|6690-2^WBC^LN|1|4.1|10*9/L|3.5-9.5|H|||F|||20240301||1002^Qian^J",
        "OBX|2|CE|A^B^L||P^Positive^L~N^Negative^L|||A~B|||X|||20240301||1002^Qian^J|Lab^Laboratory",
        "OBX|3|TX|N^Note^L||one||||||F",
        "OBX|4|TX|N^Note^L||two||||||F",
        "NTE|1||fine",
        "SPM|1|S1||BLD^Blood^HL70487|||||||||||||20240301",
    ),
    (
        "MSH|^~\\&|HIS|H1|HUB|R|20240301||ADT^A01^ADT_A01|2|P|2.5.1",
        "EVN|A01|20240301",
        "PID|1||8^^^H1^MR||Wang^Fang^^^Dr||19700101|F|||2 Road^^City~3 Road||138~137^WPN|136|EN^English|M",
        "PV1|1|I|B^302^1^H1|R|||1001^Zhao^Y~1003^Sun^L|1004^Zhou^P||MED||||7|||1001^Zhao^Y|IP|V8^^^H1^VN",
        "DG1|1||J18^Pneumonia^I10|Pneumonia|20240301|A",
        "AL1|1|DA|P^Penicillin^L|SV|Rash|20200101",
        "IN1|1|PLAN^Plan^L|INS|Insurance|Street^^City|||G1",
        "ZPI|1|local",
    ),
)
FIELDS = (
    "",
    '""',
    "x",
    "1001^Zhao^Y",
    "a^b&c^d",
    "F",
    "NM",
    "ED",
    "20240229",
    "H~L",
    " ",
    "7^^^H1^MR",
    "a\\T\\b",
)


class RowByRow(Work):
    looks_on = True

    def at_once(self, each: CompiledMap, node: object, scope: Scope, draft: Draft, group: Scope) -> None:
        self.generally(each, node, scope, (), draft, group)


@cache
def setting() -> tuple[Maps, Hospital]:
    hospital = Hospitals("https://b.example").for_facility("H1")
    return MapLibrary(definitions()).of(hospital), hospital


@st.composite
def messages(draw: st.DrawFn) -> str:
    """One of the messages, fields of it emptied, deleted, doubled or filled with something else."""
    head, *rest = draw(st.sampled_from(MESSAGES))
    segments = [line.split("|") for line in rest]
    for _ in range(draw(st.integers(0, 6))):
        fields = segments[draw(st.integers(0, len(segments) - 1))]
        place = draw(st.integers(1, 30))
        fields += [""] * (place + 1 - len(fields))
        fields[place] = draw(st.sampled_from(FIELDS))
    if draw(st.booleans()):
        segments.insert(draw(st.integers(0, len(segments))), draw(st.sampled_from(segments)))
    return "\r".join((head, *("|".join(fields) for fields in segments)))


@settings(deadline=None)
@given(messages())
def test_a_plan_gives_what_its_rows_give(text: str) -> None:
    maps, hospital = setting()
    expected = translated_by(RowByRow, parse(text), hospital, maps)
    for _ in range(3):  # a plan is written when it comes again
        assert translate(parse(text), hospital, RECEIVED, maps) == expected


def test_plans_are_written_when_they_come_again_and_ever_less_readily() -> None:
    hospital = Hospitals("https://b.example").for_facility("H1")
    maps = MapLibrary(definitions()).of(hospital)
    [plans] = [each.plans for each in maps.by_segment["PID"] if each.name == "PID-Patient"]
    text = "\r".join(MESSAGES[1])
    translate(parse(text), hospital, RECEIVED, maps)
    assert not plans.written
    translate(parse(text), hospital, RECEIVED, maps)
    assert plans.written == 1
    for number in range(300):  # fields that no version has make ever new shapes
        shape = "|".join(bin(number)[2:].replace("0", ""))
        other = text.replace("|EN^English|M", f"|EN^English|M{'|' * 40}{shape}")
        translate(parse(other), hospital, RECEIVED, maps)
    assert plans.written < 100


def test_what_is_remembered_is_bounded_over_all_dialects() -> None:
    memories = Memories()
    for dialect in range(200):
        memory = memories.of(str(dialect))
        for text in range(SIZE):
            memory.put(text, text)
    of = [memories.of(str(dialect)) for dialect in range(136, 200)]
    assert sum(len(memory.known) for memory in of) <= 4 * SIZE
