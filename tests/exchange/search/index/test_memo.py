"""What extraction remembers: bounded, and no text is lost that is not in the database."""

from exchange.search.index.memo import ENTRIES, Memo, Unwritten
from exchange.search.index.phrase import text_phrase


def test_each_key_is_worked_out_once() -> None:
    made: list[str] = []

    def make(key: str) -> int:
        made.append(key)
        return len(key)

    memo = Memo(make)
    assert [memo["ab"], memo["ab"], memo["c"]] == [2, 2, 1]
    assert made == ["ab", "c"]


def test_long_keys_and_too_many_are_not_kept() -> None:
    memo = Memo[str, int](len)
    assert memo["x" * 1000] == 1000
    assert not memo
    for n in range(ENTRIES + 1):
        memo[str(n)]
    assert len(memo) == 1


def test_a_text_comes_along_until_it_is_written() -> None:
    unwritten = Unwritten()

    def make(key: str) -> int:
        return unwritten.add(text_phrase("x", key))

    memo = unwritten.remembered(make)
    token = memo["abc"]
    assert [text.value for text in unwritten.of([1, token, token])] == ["abc"]
    unwritten.written([token])
    assert unwritten.of([memo["abc"]]) == ()
    unwritten.begin_anew()
    assert [text.value for text in unwritten.of([memo["abc"]])] == ["abc"]
