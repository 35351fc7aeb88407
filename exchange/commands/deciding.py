"""Decisions about quarantined messages, made from the command line in one transaction each."""

import os
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

import asyncpg

from adapters.hospitals.folder import load_hospitals
from adapters.hospitals.hospital import Hospitals
from exchange.commands.connected import connected
from exchange.commands.refused import Refused
from exchange.commands.shown import plain
from exchange.domains import load_domains
from exchange.inbound import quarantine
from exchange.inbound.correction import with_values
from exchange.inbound.quarantine import Kept, NoSuchMessage, Undecidable, Why
from exchange.settings import Settings

Decision = Callable[[asyncpg.Connection, int, Why], Awaitable[None]]
Copy = Callable[[Kept, Hospitals], bytes]
# For files with what a message says.
PRIVATE = 0o600


def hospitals_of(settings: Settings) -> Hospitals:
    """As the running hub knows them. Raises MapError."""
    systems = load_domains(settings.domains, settings.base).systems
    return load_hospitals(settings.hospitals, settings.base, systems)


async def listed(
    settings: Settings, hospital: str | None, message_type: str | None, since: datetime | None, most: int
) -> list[dict[str, Any]]:
    async with connected(settings) as connection:
        found = await quarantine.quarantined(connection, hospital, message_type, since, most)
    return [plain(dict(each)) for each in found]


async def one(settings: Settings, id_: int) -> dict[str, Any]:
    """With the field and the row that made what is wrong, as far as there is one."""
    from exchange.commands.failing import with_rows  # the maps are compiled where they are needed only

    async with connected(settings) as connection:
        try:
            found = plain(await quarantine.one(connection, id_))
            kept = await quarantine.bytes_of(connection, id_)
        except NoSuchMessage:
            raise Refused(f"there is no message {id_}") from None
    return found | {"issues": with_rows(settings, found["issues"], kept)}


async def kept(settings: Settings, id_: int) -> Kept:
    """The bytes of a message, for what shows nothing of them."""
    async with connected(settings) as connection:
        try:
            return await quarantine.bytes_of(connection, id_)
        except NoSuchMessage:
            raise Refused(f"there is no message {id_}") from None


async def raw(settings: Settings, id_: int) -> bytes:
    """What a message says; that it was read is noted."""
    async with connected(settings) as connection, connection.transaction():
        try:
            return (await quarantine.read(connection, id_, why(""))).raw
        except NoSuchMessage:
            raise Refused(f"there is no message {id_}") from None


async def decided(settings: Settings, ids: Sequence[int], decision: Decision, reason: str) -> None:
    """About all of them, or about none."""
    async with connected(settings) as connection, connection.transaction():
        for id_ in ids:
            try:
                await decision(connection, id_, why(reason))
            except NoSuchMessage:
                raise Refused(f"there is no message {id_}") from None
            except Undecidable as error:
                raise Refused(str(error)) from None


async def corrected(settings: Settings, id_: int, copy: Copy, reason: str) -> int:
    """The number of the copy that `copy` makes of the original's bytes."""
    hospitals = hospitals_of(settings)
    async with connected(settings) as connection:
        try:
            kept = await quarantine.bytes_of(connection, id_)
            made = copy(kept, hospitals)
            async with connection.transaction():
                return await quarantine.correct(connection, id_, made, hospitals, why(reason))
        except NoSuchMessage:
            raise Refused(f"there is no message {id_}") from None
        except Undecidable as error:
            raise Refused(str(error)) from None


def by_file(path: Path) -> Copy:
    """Corrected elsewhere."""
    content = path.read_bytes()
    return lambda kept, hospitals: content


def by_values(values: Sequence[str]) -> Copy:
    """`PID-8=F` and the like."""
    pairs = [value.partition("=") for value in values]
    if any(not sign for _, sign, _ in pairs):
        raise Refused("--set takes ADDRESS=VALUE, such as PID-8=F")
    return lambda kept, hospitals: with_values(kept, [(place, said) for place, _, said in pairs], hospitals)


def by_editor(kept: Kept, hospitals: Hospitals) -> bytes:
    """What the person's editor leaves behind, in a file that nobody else may read."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise Refused("set EDITOR, or correct with --set or --file")
    with tempfile.TemporaryDirectory(prefix="yilian-") as folder:
        path = Path(folder) / f"message.{'xml' if kept.raw[:1] == b'<' else 'hl7'}"
        private(path, kept.raw)
        subprocess.run([*editor.split(), str(path)], check=False)  # noqa: S603 - the person's own editor
        return path.read_bytes()


def private(path: Path, content: bytes) -> None:
    """Writes a new file that nobody else may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        file.write(content)


def why(reason: str) -> Why:
    return Why(f"cli:{getuser()}", reason, datetime.now(UTC))
