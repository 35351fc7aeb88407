"""Writes structures.json from hl7apy's tables: `python -m adapters.hl7v2.tables.generate`.

hl7apy is needed only here and in tests. A structure is one line: `PATIENT_RESULT+(PATIENT?(PID PD1?) …)`.
`?` 0..1, `*` 0..n, `+` 1..n, `(…)` a group, `<…>` a choice of one, ANYHL7SEGMENT as in the standard. Groups
lose the structure's name in front. A version lists only what differs from the version before it; null takes a
structure away.
"""

import importlib
import importlib.metadata
import json
from pathlib import Path
from typing import Any

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2")
TARGET = Path(__file__).with_name("structures.json")
_MARKS = {(1, 1): "", (0, 1): "?", (1, -1): "+", (0, -1): "*"}


def line(structure: str, reference: Any) -> str:
    """One structure, or one group of it, as a line."""
    return " ".join(_child(structure, child) for child in reference[1])


def _child(structure: str, child: Any) -> str:
    name, reference, cardinality, kind = child
    if kind != "GRP":
        return f"{name}{_MARKS[cardinality]}"
    opening, closing = "<>" if reference[0] == "choice" else "()"
    name = name.removeprefix(f"{structure}_").removeprefix(f"{structure.upper()}_")
    return f"{name}{_MARKS[cardinality]}{opening}{line(structure, reference)}{closing}"


def structures(version: str) -> dict[str, str]:
    """Every message structure that hl7apy knows for a version."""
    module = importlib.import_module(f"hl7apy.v{version.replace('.', '_')}.messages")
    return {name: line(name, reference) for name, reference in sorted(module.MESSAGES.items())}


def generated() -> dict[str, Any]:
    """The content of structures.json."""
    before: dict[str, str] = {}
    versions: dict[str, dict[str, str | None]] = {}
    for version in VERSIONS:
        now = structures(version)
        versions[version] = {name: text for name, text in now.items() if before.get(name) != text}
        versions[version] |= dict.fromkeys(before.keys() - now.keys())
        before = now
    return {
        "generator": "adapters/hl7v2/tables/generate.py",
        "source": f"hl7apy {importlib.metadata.version('hl7apy')}",
        "license": "MIT",
        "versions": versions,
    }


def main() -> None:
    text = json.dumps(generated(), indent=0, sort_keys=True, ensure_ascii=False)
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
