"""Writes `prefixes.csv` and `atoms.csv`: python -m terminology.ucum.generate ucum-essence.xml

Codes, names and values are facts of the standard. https://ucum.org/ucum
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

_NS: Final = "{http://unitsofmeasure.org/ucum-essence}"
PREFIXES: Final = ("code", "name", "value")
ATOMS: Final = ("code", "name", "property", "metric", "kind", "value", "unit", "function")


def prefixes(root: etree._Element) -> Iterator[tuple[str, ...]]:
    for each in root.iterfind(f"{_NS}prefix"):
        value = each.find(f"{_NS}value")
        yield each.get("Code", ""), _text(each, "name"), "" if value is None else value.get("value", "")


def atoms(root: etree._Element) -> Iterator[tuple[str, ...]]:
    for each in root.iterfind(f"{_NS}base-unit"):
        yield each.get("Code", ""), _text(each, "name"), _text(each, "property"), "yes", "base", "", "", ""
    for each in root.iterfind(f"{_NS}unit"):
        value = each.find(f"{_NS}value")
        assert value is not None
        function = value.find(f"{_NS}function")
        of = value if function is None else function
        kind = "special" if each.get("isSpecial") == "yes" else "arbitrary" if each.get("isArbitrary") else ""
        yield (
            *(each.get("Code", ""), _text(each, "name"), _text(each, "property"), each.get("isMetric", "no")),
            *(
                kind,
                of.get("value", ""),
                of.get("Unit", ""),
                "" if function is None else function.get("name", ""),
            ),
        )


def _text(element: etree._Element, name: str) -> str:
    """The first of that name, on one line."""
    return " ".join((element.findtext(f"{_NS}{name}") or "").split())


def main(source: Path) -> None:
    root = etree.parse(source, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    folder = Path(__file__).parent
    for name, header, rows in (("prefixes", PREFIXES, prefixes(root)), ("atoms", ATOMS, atoms(root))):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
