"""The heading of a message as values under their addresses."""

from adapters.hl7v2.heading import heading
from adapters.hl7v2.keeping import URL
from adapters.hl7v2.parse import parse

SENT = (
    "MSH|^~\\&|HIS|H1^1.2.3^ISO|HUB||20240301||ADT^A01|C1|P|2.5.1||||||GB 18030~8859/1\r"
    "SFT|东软&A^L|5\rEVN||2024\rPID|1||7\r"
)


def test_each_value_stands_under_its_shortest_address() -> None:
    message, software, event = heading(parse(SENT))
    told = {each["url"]: each["valueString"] for each in message["extension"]}
    assert message["url"] == f"{URL}MSH"
    assert (told["4"], told["4.2"]) == ("H1", "1.2.3")
    assert (told["18"], told["18[2]"], told["9.2"]) == ("GB 18030", "8859/1", "A01")
    assert [each["url"] for each in software["extension"]] == ["1", "1.1.2", "1.2", "2"]
    assert event["extension"] == [{"url": "2", "valueString": "2024"}]


def test_what_fhir_has_no_character_for_is_left_out() -> None:
    (message,) = heading(parse("MSH|^~\\&|A\x1fB|\\H\\\x02|||||ADT|1|P|2.4\r"))
    assert message["extension"][0] == {"url": "3", "valueString": "AB"}
