from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.parse import parse
from adapters.hl7v2.reading import Node, Value

DELIMITERS = Delimiters()


def test_text_is_unescaped_and_without_what_fhir_refuses() -> None:
    value = Value('a\\T\\b^ \x01张\x1f ^c&d^""', DELIMITERS)
    assert [value.text(part) for part in range(1, 6)] == ["a&b", "张", "c&d", "", ""]
    assert value.read == {1 << 8, 2 << 8, 3 << 8, 4 << 8}


def test_asking_is_not_reading() -> None:
    value = Value('a^""^ ', DELIMITERS)
    assert [value.has(part) for part in (1, 2, 3, 4)] == [True, False, False, False]
    assert value.peek(1) == "a"
    assert value.count() == 3
    assert list(value.pieces()) == [1]
    assert value.read == set()


def test_a_component_shares_what_was_read() -> None:
    value = Value("a^b&c^d", DELIMITERS)
    inner = value.sub(2)
    assert (inner.text(2), inner.whole()) == ("c", "b&c")
    assert value.read == {2 << 8 | 2, 2 << 8}
    assert value.whole() == "a^b&c^d"
    assert 0 in value.read


def test_a_node_gives_the_repetitions_that_say_something() -> None:
    message = parse("MSH|^~\\&|A|B\rPID|1||7~~8")
    node = Node(message.segments[1], message.delimiters, "ADT", "A01")
    assert [(value.raw, value.number) for value in node.values(3)] == [("7", 1), ("8", 3)]
    assert node.values(2) == node.values(99) == []
    assert node.raw == ("PID", "", "7~~8")
