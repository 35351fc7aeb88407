"""Laboratory panels of the demonstration: LOINC, units and reference ranges, and results drawn from them.

https://loinc.org (codes as facts). Ranges are usual adult ones; every hospital has local codes beside LOINC.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Analyte:
    """A measured test of a panel; `digits` is the number of decimals the laboratory reports."""

    loinc: str
    name: str
    unit: str
    low: float
    high: float
    digits: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A test answered in a word; the first is the usual one."""

    loinc: str
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """What is ordered as one."""

    loinc: str
    name: str
    specimen: tuple[str, str]
    analytes: tuple[Analyte | Finding, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One answer: HL7 data type, value, unit and reference range as text, flag of Table 0078."""

    analyte: Analyte | Finding
    type: str
    value: str
    unit: str
    reference_range: str
    flag: str


_BLOOD = ("BLD", "全血")
_SERUM = ("SER", "血清")
_URINE = ("UR", "尿液")
_DIPSTICK = ("阴性", "弱阳性(±)", "阳性(+)", "阳性(++)")
PANELS = (
    Panel("58410-2", "血常规", _BLOOD, (
        Analyte("6690-2", "白细胞计数", "10*9/L", 3.5, 9.5, 2),
        Analyte("789-8", "红细胞计数", "10*12/L", 3.8, 5.8, 2),
        Analyte("718-7", "血红蛋白", "g/L", 115, 175, 0),
        Analyte("4544-3", "红细胞压积", "%", 35, 50, 1),
        Analyte("787-2", "平均红细胞体积", "fL", 82, 100, 1),
        Analyte("785-6", "平均血红蛋白量", "pg", 27, 34, 1),
        Analyte("786-4", "平均血红蛋白浓度", "g/L", 316, 354, 0),
        Analyte("777-3", "血小板计数", "10*9/L", 125, 350, 0),
        Analyte("770-8", "中性粒细胞百分比", "%", 40, 75, 1),
        Analyte("736-9", "淋巴细胞百分比", "%", 20, 50, 1),
        Analyte("5905-5", "单核细胞百分比", "%", 3, 10, 1),
        Analyte("713-8", "嗜酸性粒细胞百分比", "%", 0.4, 8.0, 1),
    )),
    Panel("24325-3", "肝功能", _SERUM, (
        Analyte("1742-6", "丙氨酸氨基转移酶", "U/L", 7, 50, 0),
        Analyte("1920-8", "天门冬氨酸氨基转移酶", "U/L", 13, 40, 0),
        Analyte("1751-7", "白蛋白", "g/L", 40, 55, 1),
        Analyte("14631-6", "总胆红素", "umol/L", 3.4, 23.0, 1),
    )),
    Panel("24362-6", "肾功能", _SERUM, (
        Analyte("14682-9", "肌酐", "umol/L", 41, 111, 0),
        Analyte("22664-7", "尿素", "mmol/L", 2.6, 9.5, 2),
        Analyte("14933-6", "尿酸", "umol/L", 155, 428, 0),
    )),
    Panel("14749-6", "血糖", _SERUM, (
        Analyte("14749-6", "葡萄糖", "mmol/L", 3.9, 6.1, 2),
        Analyte("4548-4", "糖化血红蛋白", "%", 4.0, 6.0, 1),
    )),
    Panel("24331-1", "血脂", _SERUM, (
        Analyte("14647-2", "总胆固醇", "mmol/L", 2.8, 5.2, 2),
        Analyte("14927-8", "甘油三酯", "mmol/L", 0.56, 1.7, 2),
        Analyte("14646-4", "高密度脂蛋白胆固醇", "mmol/L", 1.04, 2.2, 2),
        Analyte("22748-8", "低密度脂蛋白胆固醇", "mmol/L", 1.5, 3.4, 2),
    )),
    Panel("24356-8", "尿常规", _URINE, (
        Finding("20454-5", "尿蛋白", _DIPSTICK),
        Finding("25428-4", "尿糖", _DIPSTICK),
        Finding("2514-8", "尿酮体", _DIPSTICK),
        Finding("5794-3", "尿隐血", _DIPSTICK),
        Analyte("5803-2", "尿酸碱度", "[pH]", 4.5, 8.0, 1),
    )),
)  # fmt: skip


def measure(rng: Random, panel: Panel) -> tuple[Result, ...]:
    """Results of one specimen; about one in seven lies outside its range."""
    return tuple(
        _measured(rng, analyte) if isinstance(analyte, Analyte) else _seen(rng, analyte)
        for analyte in panel.analytes
    )


def _measured(rng: Random, analyte: Analyte) -> Result:
    middle = (analyte.low + analyte.high) / 2
    value = max(rng.gauss(middle, (analyte.high - analyte.low) / 3), analyte.low / 4)
    text = f"{value:.{analyte.digits}f}"
    flag = "L" if float(text) < analyte.low else "H" if float(text) > analyte.high else "N"
    unit = f"{analyte.unit}^{analyte.unit}^UCUM"
    return Result(analyte, "NM", text, unit, f"{analyte.low:g}-{analyte.high:g}", flag)


def _seen(rng: Random, finding: Finding) -> Result:
    word = finding.words[0] if rng.random() < 0.8 else rng.choice(finding.words[1:])
    return Result(finding, "ST", word, "", finding.words[0], "N" if word == finding.words[0] else "A")
