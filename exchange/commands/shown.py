"""Messages of the inbox as commands tell of them: what became of them, never what they say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table


def echo_json(rows: Sequence[Any]) -> None:
    """A line each."""
    for row in rows:
        typer.echo(msgspec.json.encode(row))


def echo_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if cell is None else _told(cell) for cell in row))
    Console().print(table)


def plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """A message with its issues as what they are."""
    return dict(found) | {"issues": msgspec.json.decode(found["issues"] or "[]")}


def reasons(found: Mapping[str, Any]) -> str:
    """Where and why, in one line."""
    return "; ".join(
        ": ".join(filter(None, (each.get("address"), each.get("diagnostics")))) for each in found["issues"]
    )


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """One message."""
    for name in ("state", "hospital", "message_type", "control_id", "sender", "channel", "received", "bytes"):
        yield f"{name.replace('_', ' '):14} {_told(found[name])}"
    if found["processed"]:
        yield f"{'processed':14} {_told(found['processed'])}, attempt {found['attempts']}"
    if found["mapped"] is not None:
        told = f"{found['mapped']} mapped, {found['ignored']} ignored, {found['residue']} residue"
        yield f"{'values':14} {told}"
    if found["map_version"]:
        yield f"{'maps':14} {found['map_version']}"
    for issue in found["issues"]:
        place = (issue.get("address"), issue["diagnostics"])
        yield f"{'issue':14} {issue['code']} {': '.join(filter(None, place))}"
        if issue.get("row"):
            written = f" ({issue['layer']} {issue['place']})" if issue.get("place") else ""
            yield f"{'':14} made of {issue['source'] or 'no field'} by row {issue['row']}{written}"
    if found["original"]:
        yield f"{'original':14} {found['original']}"
    for copy in found["copies"]:
        yield f"{'copy':14} {copy}"
    for each in found["decisions"]:
        of = f", copy {each['copy']}" if each["copy"] else ""
        who = f"{each['action']} by {each['actor']}{of}: {each['reason']}"
        yield f"{'decision':14} {_told(each['decided'])} {who}"


def _told(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if hasattr(value, "isoformat") else str(value)
