"""LOINC's parts, as concepts of their own, and the hierarchy in which they stand above the terms.

https://loinc.org/kb/users-guide/accessory-files/
"""

from typing import Final

from terminology.importers.files import Files
from terminology.importers.records import records
from terminology.importers.release import Rows, Tell, told

HIERARCHIES: Final = ("ComponentHierarchyBySystem.csv", "MultiAxialHierarchy.csv")


def add_parts(files: Files, rows: Rows, tell: Tell) -> None:
    """Raises UnusableFile."""
    for name in files.matching("Part.csv")[:1]:
        needed = ("PartNumber", "PartTypeName", "PartName", "Status")
        for _, record in told(tell, name, records(name, files.lines(name), needed)):
            row = rows.at(record["PartNumber"], record.get("PartDisplayName") or record["PartName"])
            row.designate(record["PartName"], "en")
            row.put("PartTypeName", "valueString", record["PartTypeName"])
            if record["Status"] == "DEPRECATED":
                row.put("inactive", "valueBoolean", True)
    for name in files.matching(*HIERARCHIES)[:1]:
        for _, record in told(
            tell, name, records(name, files.lines(name), ("IMMEDIATE_PARENT", "CODE", "CODE_TEXT"))
        ):
            row = rows.at(record["CODE"], record["CODE_TEXT"])
            above = record["IMMEDIATE_PARENT"]
            if above and above not in row.above:
                row.above = (*row.above, above)
