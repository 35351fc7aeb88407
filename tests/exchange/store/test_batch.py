from datetime import UTC, datetime

from exchange.store.batch import Write, microseconds, rendered


def test_time_has_milliseconds_in_the_body() -> None:
    write = Write("update", "Patient", "a", b'{"meta":{', b"}}")
    instant = datetime(2026, 3, 1, 8, 30, 0, 7_000, UTC)
    assert (
        rendered(write, 3, instant) == b'{"meta":{"versionId":"3","lastUpdated":"2026-03-01T08:30:00.007Z"}}'
    )


def test_the_index_counts_microseconds() -> None:
    assert microseconds(datetime(1970, 1, 1, 0, 0, 1, 2, UTC)) == 1_000_002
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000
