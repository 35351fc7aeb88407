"""PostgreSQL's own limit: the wheel's pgbench does the same to the same tables, with nothing in between.

https://www.postgresql.org/docs/18/pgbench.html

It speaks to the hub's own server, over its Unix socket as the hub does, or over TCP on loopback as the hub's
clients do, with prepared statements. Reading goes to the hub's database, writing to one beside it with the
same schema.
"""

import json
import os
import random
import re
import secrets
import subprocess
from pathlib import Path
from typing import Final

from benchmarks.workload import CODES, ENTRIES, LOINC, OBSERVATIONS, PAGE, PATIENTS, observation
from exchange.search.value.token import coded, token
from exchange.store import embedded
from exchange.store.packing import pack
from exchange.store.types import type_number

OBSERVATION: Final = type_number("Observation")
TOKENS: Final = 16
# As many bytes as the hub keeps of an Observation.
BODY: Final = "x" * len(pack(json.dumps(observation(random.Random(1), 1), ensure_ascii=False).encode()))
PASSWORD: Final = secrets.token_hex(16)

READ: Final = f"""
\\set n random(0, {OBSERVATIONS - 1})
SELECT body FROM resource WHERE type = {OBSERVATION} AND id = 'bench-' || :n::text;
"""

# The codes and patient keys as the hub's rows have them.
HASHES: Final = ", ".join(str(token("Observation.code", coded(LOINC, code))) for code in CODES)
SEARCH: Final = f"""
\\set n random(0, {PATIENTS - 1})
\\set k random(1, {len(CODES)})
SELECT r.body FROM code_index c JOIN resource r USING (rid)
WHERE c.patient = encode(substr(sha256(('Patient/bench-' || :n::text)::bytea), 1, 16), 'hex')::uuid
    AND c.code = (ARRAY[{HASHES}])[:k::integer]
ORDER BY c.ts DESC, c.rid DESC LIMIT {PAGE};
"""


def _write(number: int) -> str:
    """As many resources, with the rows and index entries that the hub makes, in one statement and commit."""
    tokens = ", ".join(
        ["g.n * 7", ":t::bigint + g.n", ":n::bigint", ":n::bigint + 1", *map(str, range(100, 96 + TOKENS))]
    )
    return f"""
\\set n random(0, {PATIENTS - 1})
\\set t random(1, 1000000000000)
\\set k random(1, {len(CODES)})
WITH g AS MATERIALIZED (
    SELECT n, nextval('resource_rid') AS rid FROM generate_series(1, {number}) AS s (n)
), stored AS (
    INSERT INTO resource (rid, type, id, version, updated, body)
    SELECT rid, {OBSERVATION}, gen_random_uuid()::text, 1, now(), convert_to(:body, 'UTF8') FROM g
), row AS (
    INSERT INTO resource_index (rid, type, ref, patient, ts, ts_end, updated, tokens)
    SELECT rid, {OBSERVATION}, :t::bigint + n, md5(:n::text)::uuid, :t::bigint, :t::bigint + 1,
        :t::bigint, ARRAY[{tokens}]::bigint[] FROM g
), codes AS (
    INSERT INTO code_index (code, patient, ts, rid)
    SELECT :k::bigint + c, md5(:n::text)::uuid, :t::bigint, rid FROM g, generate_series(1, 2) AS c
), identifiers AS (
    INSERT INTO identifier_index (value, system, param, rid)
    SELECT to_hex(:t::bigint + n), 'https://yilian.example/fhir/hospital/bench/lab/result', 1, rid FROM g
)
INSERT INTO quantity_index (param, unit, lo, hi, rid) SELECT 1, 5, :k::float8, :k::float8 + 1, rid FROM g;
"""


SCRIPTS: Final = {"read": READ, "search": SEARCH, "create": _write(1), "transaction": _write(ENTRIES)}


def limit(name: str, sockets: Path, database: str, clients: int, seconds: int, address: str = "") -> float:
    """Transactions per second, over the Unix socket, or over TCP if there is an `address`."""
    script = sockets.parent / f"{name}.sql"
    script.write_text(SCRIPTS[name])
    command = [
        str(embedded.program("pgbench")),
        *("--no-vacuum", "--protocol=prepared", "--jobs=2", f"--client={clients}", f"--time={seconds}"),
        *(f"--file={script}", f"--define=body={BODY}"),
        *(f"--host={address or sockets}", f"--port={embedded.PORT}", f"--username={embedded.USER}", database),
    ]
    environment = os.environ | {"PGPASSWORD": PASSWORD}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = re.search(r"^tps = ([\d.]+) \(without", done.stdout, re.MULTILINE)
    if done.returncode or found is None:
        raise RuntimeError(f"pgbench: {done.stderr.strip()[-2000:]}")
    return float(found[1])
