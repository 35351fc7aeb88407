"""Bodies as the database keeps them: compressed with a dictionary of what FHIR resources say again and again.

PostgreSQL does not compress a row below 2 kB, and most resources are smaller; alone they would hardly shrink.
With the dictionary a body takes a third of its bytes: less to write, to log, to read and to cache.

https://www.rfc-editor.org/rfc/rfc8878
"""

import threading
from functools import cache
from importlib.resources import files
from typing import Final

from zstandard import FORMAT_ZSTD1_MAGICLESS, ZstdCompressionDict, ZstdCompressor, ZstdDecompressor, ZstdError
from zstandard import ZstdCompressionParameters as Parameters

# The first byte says how the rest is kept. JSON itself begins with a brace, and stays as it is.
PLAIN: Final = b"{"
FIRST: Final = b"\x01"
DICTIONARY: Final = "bodies-1.zdict"
LEVEL: Final = 1
# Nothing that is stored is greater: a body that the hub accepts, with room for XML made JSON.
MAX_BYTES: Final = 1 << 30


def pack(body: bytes) -> bytes:
    """The bytes to keep."""
    return FIRST + _tools().compressor.compress(body)


def unpack(kept: bytes) -> bytes:
    """The body as it was; raises ValueError for bytes that `pack` did not make."""
    if kept.startswith(FIRST):
        try:
            return _tools().decompressor.decompress(memoryview(kept)[1:], max_output_size=MAX_BYTES)
        except ZstdError:
            pass
    elif kept.startswith(PLAIN):
        return kept
    raise ValueError("not a stored body")


def unpacked(kept: bytes | None) -> bytes | None:
    """The same of what may be deleted."""
    return None if kept is None else unpack(kept)


class _Tools(threading.local):
    """Each thread's own: zstd lets go of the interpreter's lock while it works in them."""

    def __init__(self) -> None:
        dictionary = ZstdCompressionDict(_dictionary())
        parameters = Parameters.from_level(
            LEVEL, format=FORMAT_ZSTD1_MAGICLESS, write_checksum=False, write_dict_id=False
        )
        self.compressor = ZstdCompressor(dict_data=dictionary, compression_params=parameters)
        self.decompressor = ZstdDecompressor(dict_data=dictionary, format=FORMAT_ZSTD1_MAGICLESS)


@cache
def _dictionary() -> bytes:
    return files(__package__).joinpath(DICTIONARY).read_bytes()


@cache
def _tools() -> _Tools:
    return _Tools()
