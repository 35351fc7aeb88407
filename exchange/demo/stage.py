"""Where the demonstration plays: a hub of its own, or one that already runs on the folder given."""

import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from exchange.database import DatabaseInUse
from exchange.demo.messages import Sender
from exchange.settings import Settings


@dataclass(frozen=True, slots=True)
class Stage:
    """A running hub. `own` only if this process runs it, with the hospitals' files in place."""

    settings: Settings
    own: bool


@asynccontextmanager
async def stage(settings: Settings, hospitals: Iterable[Sender]) -> AsyncIterator[Stage]:
    """A hub on the settings' folder; ports that are taken are exchanged for free ones."""
    from exchange.server import running  # a push to a hub that runs already needs none of it

    folder = settings.data_dir / "demo-hospitals"
    folder.mkdir(parents=True, exist_ok=True)
    for hospital in hospitals:
        (folder / f"{hospital.code.lower()}.yaml").write_text(hospital_file(hospital), "utf-8")
    changes = {
        "hospitals": folder,
        "http_port": free_port(settings.http_host, settings.http_port),
        "mllp_port": free_port(settings.mllp_host, settings.mllp_port),
    }
    async with AsyncExitStack() as stack:
        try:
            actual = await stack.enter_async_context(running(settings.model_copy(update=changes)))
        except DatabaseInUse:
            yield Stage(settings, own=False)
        else:
            yield Stage(actual, own=True)


def hospital_file(hospital: Sender) -> str:
    """The hub's file about a hospital: above all the charset, where its messages do not say it."""
    charset = "" if hospital.charset else f"charset: {hospital.codec}\n"
    return f"id: {hospital.code.lower()}\nname: {hospital.name}\nfacilities: [{hospital.code}]\n{charset}"


def free_port(host: str, port: int) -> int:
    """`port`, or 0 (any) if something listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError:
            return 0
    return port
