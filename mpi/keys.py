"""The key under which every table knows a patient."""

import hashlib
from functools import lru_cache
from uuid import UUID

from asyncpg.pgproto import pgproto


# A patient is asked for several times in a row.
@lru_cache(maxsize=4096)
def patient_key(patient_id: str) -> UUID:
    """128 bits of SHA-256 over `Patient/<id>`: exact for all purposes, and nobody can choose an id
    so that its key meets another's."""
    # Python's own takes as long as the hash.
    return pgproto.UUID(key_bytes(patient_id.encode()))


def key_bytes(patient_id: bytes) -> bytes:
    return hashlib.sha256(b"Patient/" + patient_id).digest()[:16]
