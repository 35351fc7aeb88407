"""python -m benchmarks.mllp_bare DSN: a listener that keeps each message and answers, and does nothing else.

HL7 Transport Specification: MLLP, Release 1. One commit of PostgreSQL before each acknowledgement, one
statement a message: what a hub's own figure stands beside. Tells its port, and ends with its standard input.
"""

import asyncio
import sys
from typing import Final

import asyncpg
import uvloop

START: Final = b"\x0b"
END: Final = b"\x1c\r"
CONNECTIONS: Final = 10
TABLE: Final = "CREATE TABLE IF NOT EXISTS bare (place bigserial PRIMARY KEY, raw bytea NOT NULL)"
KEEP: Final = "INSERT INTO bare (raw) VALUES ($1)"


async def listen(dsn: str) -> None:
    async with asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await pool.execute(TABLE)

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while frame := await _frame(reader):
                await pool.execute(KEEP, frame)
                writer.write(_accepted(frame))
            writer.close()

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        server.close()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(END))[len(START) : -len(END)]
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return b""


def _accepted(frame: bytes) -> bytes:
    header = frame.partition(b"\r")[0].split(b"|")
    turned = b"|".join((*header[:2], *header[4:6], *header[2:4], header[6], b"", b"ACK", *header[9:12]))
    return START + turned + b"\rMSA|CA|" + header[9] + b"\r" + END


if __name__ == "__main__":
    uvloop.run(listen(sys.argv[1]))
