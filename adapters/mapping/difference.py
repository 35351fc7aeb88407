"""What a layer changes of the maps below it, line by line, with the place where it is written."""

from collections.abc import Iterator

from adapters.mapping.rows import ABSENT, Layer, Map, Row


def difference(base: Layer, whole: Layer) -> Iterator[str]:
    """The effective difference: maps, rows, vocabularies, extensions and segments other than below."""
    for name, each in whole.maps.items():
        if name not in base.maps:
            yield f"+ map {name} ({each.segment}) at {each.place}"
        yield from _rows(base.maps.get(name), each)
    for name, words in whole.vocabularies.items():
        known = base.vocabularies.get(name)
        for code, meaning in words.codes.items():
            before = known.codes.get(code) if known else None
            if before != meaning:
                sign = "~" if before else "+"
                yield f"{sign} vocabulary {name}: {code!r} means {meaning.code or 'nothing'!r}"
    for what, mine, theirs in (
        ("extension", whole.extensions, base.extensions),
        ("segment", whole.segments, base.segments),
    ):
        for key, value in mine.items():
            if key not in theirs or theirs[key] != value:
                yield f"+ {what} {key}: {value}"


def _rows(before: Map | None, after: Map) -> Iterator[str]:
    known = {row.id: row for row in before.rows} if before else {}
    there = {row.id for row in after.rows}
    for row in after.rows:
        old = known.get(row.id)
        if old is None:
            yield f"+ {after.name}/{row.id}: {told(row)} at {row.place}"
        elif old != row:
            yield f"~ {after.name}/{row.id}: {told(row)} at {row.place}, was {told(old)}"
    for row in known.values():
        if row.id not in there:
            yield f"- {after.name}/{row.id}: {told(row)}"


def told(row: Row) -> str:
    """A row in short."""
    if row.ignore:
        return f"{row.source} ignored ({row.ignore})"
    way = f" by {row.function}" if row.function else ""
    words = f" ({row.vocabulary})" if row.vocabulary else ""
    source = row.source or (f"@{row.reference}" if row.reference else "")
    if row.value is not ABSENT or row.default is not ABSENT:
        source = str(row.value if row.value is not ABSENT else row.default)
    when = f" when {row.when}" if row.when else ""
    return f"{source} → {row.target or row.deletes}{way}{words}{when}"
