"""The chapters of ICD-10 and of ICD-9-CM's procedures: first and last category, Chinese and English name.

https://icd.who.int/browse10/2019/en, https://www.cdc.gov/nchs/icd/icd9cm.htm
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from terminology.importers.release import Row, Rows


@dataclass(frozen=True, slots=True)
class Chapter:
    first: str
    last: str
    chinese: str
    english: str

    @property
    def code(self) -> str:
        return self.first if self.first == self.last else f"{self.first}-{self.last}"


_ICD_10: Final = """
A00 B99 某些传染病和寄生虫病|Certain infectious and parasitic diseases
C00 D49 肿瘤|Neoplasms
D50 D89 血液及造血器官疾病和涉及免疫机制的某些疾患|Diseases of the blood and blood-forming organs
E00 E90 内分泌、营养和代谢疾病|Endocrine, nutritional and metabolic diseases
F00 F99 精神和行为障碍|Mental and behavioural disorders
G00 G99 神经系统疾病|Diseases of the nervous system
H00 H59 眼和附器疾病|Diseases of the eye and adnexa
H60 H95 耳和乳突疾病|Diseases of the ear and mastoid process
I00 I99 循环系统疾病|Diseases of the circulatory system
J00 J99 呼吸系统疾病|Diseases of the respiratory system
K00 K95 消化系统疾病|Diseases of the digestive system
L00 L99 皮肤和皮下组织疾病|Diseases of the skin and subcutaneous tissue
M00 M99 肌肉骨骼系统和结缔组织疾病|Diseases of the musculoskeletal system and connective tissue
N00 N99 泌尿生殖系统疾病|Diseases of the genitourinary system
O00 O99 妊娠、分娩和产褥期|Pregnancy, childbirth and the puerperium
P00 P96 起源于围生期的某些情况|Certain conditions originating in the perinatal period
Q00 Q99 先天性畸形、变形和染色体异常|Congenital malformations and chromosomal abnormalities
R00 R99 症状、体征和临床与实验室异常所见，不可归类在他处者|Symptoms, signs and abnormal findings
S00 T98 损伤、中毒和外因的某些其他后果|Injury, poisoning and other consequences of external causes
U00 U99 用于特殊目的的编码|Codes for special purposes
V01 Y99 疾病和死亡的外因|External causes of morbidity and mortality
Z00 Z99 影响健康状态和与保健机构接触的因素|Factors influencing health status
"""
_ICD_9_CM_3: Final = """
00 00 操作和介入，不可归类在他处者|Procedures and interventions, not elsewhere classified
01 05 神经系统手术|Operations on the nervous system
06 07 内分泌系统手术|Operations on the endocrine system
08 16 眼的手术|Operations on the eye
17 17 其他各类诊断性和治疗性操作|Other miscellaneous diagnostic and therapeutic procedures
18 20 耳部手术|Operations on the ear
21 29 鼻、口、咽手术|Operations on the nose, mouth, and pharynx
30 34 呼吸系统手术|Operations on the respiratory system
35 39 心血管系统手术|Operations on the cardiovascular system
40 41 血液和淋巴系统手术|Operations on the hemic and lymphatic system
42 54 消化系统手术|Operations on the digestive system
55 59 泌尿系统手术|Operations on the urinary system
60 64 男性生殖器官手术|Operations on the male genital organs
65 71 女性生殖器官手术|Operations on the female genital organs
72 75 产科操作|Obstetrical procedures
76 84 肌肉骨骼系统手术|Operations on the musculoskeletal system
85 86 体被系统手术|Operations on the integumentary system
87 99 各种诊断性和治疗性操作|Miscellaneous diagnostic and therapeutic procedures
"""


def _chapters(text: str) -> tuple[Chapter, ...]:
    lines = [line.split(" ", 2) for line in text.strip().splitlines()]
    return tuple(Chapter(first, last, *names.split("|")) for first, last, names in lines)


ICD_10_CHAPTERS: Final = _chapters(_ICD_10)
ICD_9_CM_3_CHAPTERS: Final = _chapters(_ICD_9_CM_3)
# A category is three characters, of procedures two; M8000/0 is morphology and lies in no chapter.
_CATEGORY: Final = {
    "icd-10": re.compile(r"[A-Z][0-9][0-9A-Z](?![0-9/])"),
    "icd-9-cm-3": re.compile(r"[0-9]{2}"),
}


def derive(rows: Rows, kind: str, language: str) -> None:
    """Puts every code below the longest that it begins with, or below its category, and that below its
    chapter; categories and chapters that are not there are made, and are not to be chosen."""
    chapters = ICD_10_CHAPTERS if kind == "icd-10" else ICD_9_CM_3_CHAPTERS
    for row in rows.listed():
        if row.above or "-" in row.code:
            continue
        category = _CATEGORY[kind].match(row.code)
        above = _longest(rows, row.code, len(category[0]) if category else 1)
        if above:
            row.above = (above,)
        elif category and row.code != category[0]:
            row.above = (category[0],)
            _stand_below(rows, _made(rows, category[0], ""), chapters, language)
        elif category:
            _stand_below(rows, row, chapters, language)


def _longest(rows: Rows, code: str, shortest: int) -> str:
    for end in range(len(code) - 1, shortest - 1, -1):
        if rows.get(code[:end]):
            return code[:end]
    return ""


def _stand_below(rows: Rows, row: Row, chapters: Sequence[Chapter], language: str) -> None:
    for chapter in chapters:
        if chapter.first <= row.code <= chapter.last:
            display = chapter.chinese if language.startswith("zh") else chapter.english
            row.above = (_made(rows, chapter.code, display).code,)


def _made(rows: Rows, code: str, display: str) -> Row:
    row = rows.get(code)
    if row is None:
        row = rows.at(code, display)
        row.put("notSelectable", "valueBoolean", True)
    return row
