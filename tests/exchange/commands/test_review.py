"""`yilian mpi review …`, `history` and `undo` over a database of their own."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from exchange.cli import app
from tests.mpi.people import record, tell, valid_id

Run = Callable[..., Any]


@pytest.fixture
async def run(database_url: str, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command for a database with one open question."""
    await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id(), name="李娜", birth_date="1991-01-01"))
    monkeypatch.setenv("YILIAN_DATABASE_URL", database_url)

    async def ran(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["mpi", *arguments])

    return ran


async def test_a_question_is_listed_shown_decided_and_taken_back(run: Run, tmp_path: Path) -> None:
    listed = await run("review", "list", "--json")
    (row,) = [json.loads(line) for line in listed.stdout.splitlines()]
    number = str(row["review"])
    shown = await run("review", "show", number)
    assert "citizen-id" in shown.stdout
    assert "against it" in shown.stdout
    told = json.loads((await run("review", "show", number, "--json")).stdout)
    assert told["comparisons"][0]["steps"][0]["field"] == "prior"
    decided = await run("review", "decide", number, "same", "--reason", "papers")
    assert decided.exit_code == 0
    assert "decided, decision" in decided.stdout
    out = tmp_path / "labels.jsonl"
    assert (await run("review", "labels", "--out", str(out))).exit_code == 0
    (pair,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert pair["is_match"] is True
    log = [json.loads(line) for line in (await run("history", "h2-1")).stdout.splitlines()]
    decision = next(each["decision"] for each in log if "kind" in each)
    then = json.loads((await run("history", "h2-1", "--at", "2026-01-01T09:00:00Z")).stdout)
    assert then["patients"] == ["h2-1"]
    now = json.loads((await run("history", "h2-1", "--at", "2999-01-01T09:00:00Z")).stdout)
    assert now["patients"] == ["h1-1", "h2-1"]
    undone = await run("undo", str(decision), "--reason", "no")
    assert undone.exit_code == 0
    assert f"decision {decision} is taken back" in undone.stdout


async def test_what_is_decided_unasked_is_carried_out_and_taken_back(run: Run) -> None:
    why = ("--reason", "papers")

    async def identity(id_: str) -> str:
        told = await run("history", id_, "--at", "2999-01-01T09:00:00Z")
        return str(json.loads(told.stdout)["enterprise_id"])

    first, second = await identity("h1-1"), await identity("h2-1")
    assert first != second
    linked = await run("link", "h2-1", first, *why)
    assert linked.stdout.startswith(f"identity {first}, decision ")
    assert await identity("h2-1") == first
    apart = await run("unlink", "h2-1", "h1-1", *why)
    assert apart.exit_code == 0
    assert await identity("h2-1") != first
    named = await run("link", "H2|1", "h1|1", *why)
    assert named.stdout.startswith(f"identity {first}, decision "), named.stderr
    assert await identity("h2|1") == first
    assert (await run("split", "h2|1", *why)).exit_code == 0
    nobody = await run("link", "h2|404", "h1|1", *why)
    assert (nobody.exit_code, nobody.stderr) == (2, "yilian: h2 has told of no Patient 404\n")
    for command in ("do-not-link", "allow-link"):
        assert (await run(command, "h2-1", "h1-1", *why)).exit_code == 0
    again = await run("link", "h2-1", first, *why)
    assert (again.exit_code, await identity("h2-1")) == (0, first)
    parted = await run("split", "h2-1", *why)
    assert parted.exit_code == 0
    number = parted.stdout.partition("decision ")[2].split(";")[0].split()[0]
    assert (await run("undo", number, *why)).exit_code == 0
    assert await identity("h2-1") == first


@pytest.mark.parametrize(
    "arguments",
    [
        ("link", "h2-1", "nobody", "--reason", "x"),
        ("link", "nobody", "h1-1", "--reason", "x"),
        ("unlink", "h2-1", "h2-1", "--reason", "x"),
        ("split", "nobody", "--reason", "x"),
        ("do-not-link", "h2-1", "h1-1", "--reason", " "),
        ("review", "list", "--state", "unheard-of"),
        ("review", "show", "999"),
        ("review", "decide", "1", "perhaps", "--reason", "x"),
        ("review", "decide", "1", "same", "--reason", " "),
        ("review", "decide", "1", "same", "--person", "nobody", "--reason", "x"),
        ("review", "skip", "999", "--reason", "x"),
        ("review", "escalate", "999", "--reason", "x"),
        ("history", "nobody"),
        ("history", "h2-1", "--at", "yesterday"),
        ("history", "h2-1", "--believed", "1999-01-01T00:00:00Z"),
        ("undo", "999", "--reason", "x"),
    ],
)
async def test_what_cannot_be_done_is_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    ended = await run(*arguments)
    assert ended.exit_code == 2
    assert len(ended.output.strip().splitlines()) == 1


async def test_a_question_is_put_off(run: Run) -> None:
    number = str(json.loads((await run("review", "list", "--json")).stdout)["review"])
    assert "skipped" in (await run("review", "skip", number, "--reason", "not mine")).stdout
    assert "escalated" in (await run("review", "escalate", number, "--reason", "not mine")).stdout
