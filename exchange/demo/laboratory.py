"""Laboratory panels of the demonstration: LOINC, units and reference ranges, and results drawn from them.

https://loinc.org (codes as facts). Ranges are usual adult ones; every hospital has local codes beside LOINC.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Analyte:
    """One test of a panel; `digits` is the number of decimals the laboratory reports."""

    loinc: str
    name: str
    unit: str
    low: float
    high: float
    digits: int


@dataclass(frozen=True, slots=True)
class Panel:
    """What is ordered as one."""

    loinc: str
    name: str
    specimen: tuple[str, str]
    analytes: tuple[Analyte, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One measured analyte: value as text, reference range as text, flag of Table 0078."""

    analyte: Analyte
    value: str
    reference_range: str
    flag: str


_BLOOD = ("BLD", "全血")
_SERUM = ("SER", "血清")
PANELS = (
    Panel("58410-2", "血常规", _BLOOD, (
        Analyte("6690-2", "白细胞计数", "10*9/L", 3.5, 9.5, 2),
        Analyte("789-8", "红细胞计数", "10*12/L", 3.8, 5.8, 2),
        Analyte("718-7", "血红蛋白", "g/L", 115, 175, 0),
        Analyte("4544-3", "红细胞压积", "%", 35, 50, 1),
        Analyte("777-3", "血小板计数", "10*9/L", 125, 350, 0),
        Analyte("770-8", "中性粒细胞百分比", "%", 40, 75, 1),
        Analyte("736-9", "淋巴细胞百分比", "%", 20, 50, 1),
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
)  # fmt: skip


def measure(rng: Random, panel: Panel) -> tuple[Result, ...]:
    """Results of one specimen; about one in seven lies outside its range."""
    return tuple(_result(rng, analyte) for analyte in panel.analytes)


def _result(rng: Random, analyte: Analyte) -> Result:
    middle = (analyte.low + analyte.high) / 2
    value = max(rng.gauss(middle, (analyte.high - analyte.low) / 3), analyte.low / 4)
    text = f"{value:.{analyte.digits}f}"
    flag = "L" if float(text) < analyte.low else "H" if float(text) > analyte.high else "N"
    return Result(analyte, text, f"{analyte.low:g}-{analyte.high:g}", flag)
