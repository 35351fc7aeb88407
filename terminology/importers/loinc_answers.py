"""LOINC's answers and answer lists, as concepts; a list's entry names its answers in their order.

https://loinc.org/kb/users-guide/answer-file/, https://hl7.org/fhir/R4/loinc.html
"""

from typing import Final

from terminology.importers.files import Files
from terminology.importers.records import records
from terminology.importers.release import Rows, Tell, told

ANSWERS: Final = ("AnswerListId", "AnswerListName", "AnswerStringId", "DisplayText")
LINKS: Final = ("LoincNumber", "AnswerListId", "AnswerListLinkType")


def add_answers(files: Files, rows: Rows, tell: Tell) -> None:
    """Raises UnusableFile."""
    for name in files.matching("AnswerList.csv")[:1]:
        lists: dict[str, list[tuple[int, str]]] = {}
        for line, record in told(tell, name, records(name, files.lines(name), ANSWERS)):
            rows.at(record["AnswerListId"], record["AnswerListName"])
            if answer := record["AnswerStringId"]:
                row = rows.at(answer, record["DisplayText"])
                row.put("LIST", "valueCode", record["AnswerListId"])
                rank = record.get("SequenceNumber", "")
                lists.setdefault(record["AnswerListId"], []).append(
                    (int(rank) if rank.isdecimal() else line, answer)
                )
        for code, ranked in lists.items():
            rows.at(code).add("members", list(dict.fromkeys(answer for _, answer in sorted(ranked))))
    for name in files.matching("LoincAnswerListLink.csv")[:1]:
        for _, record in told(tell, name, records(name, files.lines(name), LINKS)):
            if term := rows.get(record["LoincNumber"]):
                term.put("AnswerListId", "valueCode", record["AnswerListId"])
