"""Chinese value domains that ship with the hub, and their FHIR counterparts.

GB/T 2261.1 sex, GB/T 2261.2 marital status, GB 3304 ethnicity, GB/T 4761 family relation,
CV02.01.101 identity documents, CV04.50.005 and .020 blood groups, as facts: code, name, counterpart.

https://hl7.org/fhir/R4/terminologies.html
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from terminology.naming import ETHNICITY, FAMILY_RELATION, IDENTITY_DOCUMENT_TYPE, MARITAL_STATUS, SEX, THO

Coding = dict[str, str]

_MARITAL_STATUS: Final = f"{THO}v3-MaritalStatus"
_NULL_FLAVOR: Final = f"{THO}v3-NullFlavor"
_ROLE_CODE: Final = f"{THO}v3-RoleCode"
_IDENTIFIER_TYPE: Final = f"{THO}v2-0203"


@dataclass(frozen=True, slots=True)
class Concept:
    """A code of a Chinese system, its name, and the FHIR code that means the same or contains it."""

    system: str
    code: str
    name: str
    target_system: str | None = None
    target_code: str | None = None

    @property
    def codings(self) -> list[Coding]:
        """The code as sent, then its FHIR counterpart: both belong in a CodeableConcept."""
        sent = {"system": self.system, "code": self.code, "display": self.name}
        if self.target_system is None or self.target_code is None:
            return [sent]
        return [sent, {"system": self.target_system, "code": self.target_code}]


@dataclass(frozen=True, slots=True)
class Ethnicity:
    """One of the 56: number (`01`), letters (`HA`) and name (`汉族`)."""

    number: str
    letters: str
    name: str

    @property
    def coding(self) -> Coding:
        return {"system": ETHNICITY, "code": self.number, "display": self.name}


# GB/T 2261.1; `unknown` is what FHIR has for both 0 and 9.
SEXES: Final = MappingProxyType(
    {
        "0": ("unknown", "未知的性别"),
        "1": ("male", "男"),
        "2": ("female", "女"),
        "9": ("unknown", "未说明的性别"),
    }
)
_GENDERS: Final = MappingProxyType({"unknown": "0", "male": "1", "female": "2"})

_MARITAL: Final = (
    ("10", "未婚", "S"),
    ("20", "已婚", "M"),
    ("21", "初婚", "M"),
    ("22", "再婚", "M"),
    ("23", "复婚", "M"),
    ("30", "丧偶", "W"),
    ("40", "离婚", "D"),
)
MARITAL_STATUSES: Final = MappingProxyType(
    {code: Concept(MARITAL_STATUS, code, name, _MARITAL_STATUS, target) for code, name, target in _MARITAL}
    | {"90": Concept(MARITAL_STATUS, "90", "未说明的婚姻状况", _NULL_FLAVOR, "UNK")}
)

# Codes of whose names public uses of the standard say different things (49, 68, 69, 98, 99) are left out.
_RELATIONS: Final = (
    ("01", "本人", "ONESELF"),
    ("10", "配偶", "SPS"),
    ("11", "夫", "HUSB"),
    ("12", "妻", "WIFE"),
    ("20", "子", "SON"),
    ("21", "独生子", "SON"),
    ("22", "长子", "SON"),
    ("23", "次子", "SON"),
    ("24", "三子", "SON"),
    ("25", "四子", "SON"),
    ("26", "五子", "SON"),
    ("27", "养子或继子", "SON"),
    ("28", "女婿", "SONINLAW"),
    ("29", "其他儿子", "SON"),
    ("30", "女", "DAU"),
    ("31", "独生女", "DAU"),
    ("32", "长女", "DAU"),
    ("33", "次女", "DAU"),
    ("34", "三女", "DAU"),
    ("35", "四女", "DAU"),
    ("36", "五女", "DAU"),
    ("37", "养女或继女", "DAU"),
    ("38", "儿媳", "DAUINLAW"),
    ("39", "其他女儿", "DAU"),
    ("40", "孙子、孙女或外孙子、外孙女", "GRNDCHILD"),
    ("41", "孙子", "GRNDSON"),
    ("42", "孙女", "GRNDDAU"),
    ("43", "外孙子", "GRNDSON"),
    ("44", "外孙女", "GRNDDAU"),
    ("45", "孙媳妇或外孙媳妇", "FAMMEMB"),
    ("46", "孙女婿或外孙女婿", "FAMMEMB"),
    ("47", "曾孙子或外曾孙子", "FAMMEMB"),
    ("48", "曾孙女或外曾孙女", "FAMMEMB"),
    ("50", "父母", "PRN"),
    ("51", "父亲", "FTH"),
    ("52", "母亲", "MTH"),
    ("53", "公公", "FTHINLAW"),
    ("54", "婆婆", "MTHINLAW"),
    ("55", "岳父", "FTHINLAW"),
    ("56", "岳母", "MTHINLAW"),
    ("57", "继父或养父", "FTH"),
    ("58", "继母或养母", "MTH"),
    ("59", "其他父母关系", "PRN"),
    ("60", "祖父母或外祖父母", "GRPRN"),
    ("61", "祖父", "PGRFTH"),
    ("62", "祖母", "PGRMTH"),
    ("63", "外祖父", "MGRFTH"),
    ("64", "外祖母", "MGRMTH"),
    ("65", "配偶的祖父母或外祖父母", "FAMMEMB"),
    ("66", "曾祖父", "GGRFTH"),
    ("67", "曾祖母", "GGRMTH"),
    ("70", "兄弟姐妹", "SIB"),
    ("71", "兄", "BRO"),
    ("72", "嫂", "SISINLAW"),
    ("73", "弟", "BRO"),
    ("74", "弟媳", "SISINLAW"),
    ("75", "姐姐", "SIS"),
    ("76", "姐夫", "BROINLAW"),
    ("77", "妹妹", "SIS"),
    ("78", "妹夫", "BROINLAW"),
    ("79", "其他兄弟姐妹", "SIB"),
    ("80", "其他", "FAMMEMB"),
    ("81", "伯父", "PUNCLE"),
    ("82", "伯母", "AUNT"),
    ("83", "叔父", "PUNCLE"),
    ("84", "婶母", "AUNT"),
    ("85", "舅父", "MUNCLE"),
    ("86", "舅母", "AUNT"),
    ("87", "姨父", "UNCLE"),
    ("88", "姨母", "MAUNT"),
    ("89", "姑父", "UNCLE"),
    ("90", "姑母", "PAUNT"),
    ("91", "堂兄弟、堂姐妹", "PCOUSN"),
    ("92", "表兄弟、表姐妹", "COUSN"),
    ("93", "侄子", "NEPHEW"),
    ("94", "侄女", "NIECE"),
    ("95", "外甥", "NEPHEW"),
    ("96", "外甥女", "NIECE"),
    ("97", "其他亲属", "FAMMEMB"),
)
FAMILY_RELATIONS: Final = MappingProxyType(
    {code: Concept(FAMILY_RELATION, code, name, _ROLE_CODE, target) for code, name, target in _RELATIONS}
)

_DOCUMENTS: Final = (
    ("01", "居民身份证", "NI"),
    ("02", "居民户口簿", None),
    ("03", "护照", "PPN"),
    ("04", "军官证", "MI"),
    ("05", "驾驶证", "DL"),
    ("06", "港澳居民来往内地通行证", None),
    ("07", "台湾居民来往内地通行证", None),
    ("99", "其他法定有效证件", None),
)
IDENTITY_DOCUMENTS: Final = MappingProxyType(
    {
        code: Concept(IDENTITY_DOCUMENT_TYPE, code, name, _IDENTIFIER_TYPE if target else None, target)
        for code, name, target in _DOCUMENTS
    }
)

# CV04.50.005 and CV04.50.020
ABO_BLOOD_GROUPS: Final = MappingProxyType({"1": "A型", "2": "B型", "3": "O型", "4": "AB型", "5": "不详"})
RH_D_BLOOD_GROUPS: Final = MappingProxyType({"1": "阴性", "2": "阳性", "3": "不详"})

# GB 3304 in the order of its numbers 01 to 56.
_ETHNICITIES: Final = (
    "HA 汉,MG 蒙古,HU 回,ZA 藏,UG 维吾尔,MH 苗,YI 彝,ZH 壮,BY 布依,CS 朝鲜,MA 满,DO 侗,YA 瑶,BA 白,"
    "TJ 土家,HN 哈尼,KZ 哈萨克,DA 傣,LI 黎,LS 傈僳,VA 佤,SH 畲,GS 高山,LH 拉祜,SU 水,DX 东乡,NX 纳西,JP 景颇,"
    "KG 柯尔克孜,TU 土,DU 达斡尔,ML 仫佬,QI 羌,BL 布朗,SL 撒拉,MN 毛南,GL 仡佬,XB 锡伯,AC 阿昌,PM 普米,"
    "TA 塔吉克,NU 怒,UZ 乌孜别克,RS 俄罗斯,EW 鄂温克,DE 德昂,BO 保安,YG 裕固,GI 京,TT 塔塔尔,DR 独龙,"
    "OR 鄂伦春,HZ 赫哲,MB 门巴,LB 珞巴,JN 基诺"
)
ETHNICITIES: Final = tuple(
    Ethnicity(f"{number:02}", entry[:2], f"{entry[3:]}族")
    for number, entry in enumerate(_ETHNICITIES.split(","), 1)
)
_BY_ANY: Final = MappingProxyType(
    {
        spelling: found
        for found in ETHNICITIES
        for spelling in (found.number, found.letters, found.name, found.name.removesuffix("族"))
    }
)


def gender_from_sex(code: str) -> str | None:
    """AdministrativeGender of a GB/T 2261.1 code; None for a code it does not have."""
    known = SEXES.get(code)
    return known[0] if known else None


def sex_from_gender(gender: str) -> Coding | None:
    """GB/T 2261.1 coding of an AdministrativeGender; None for `other`, which it does not have."""
    code = _GENDERS.get(gender)
    return {"system": SEX, "code": code, "display": SEXES[code][1]} if code else None


def ethnicity(text: str) -> Ethnicity | None:
    """By number (`1`, `01`), letters (`HA`, `ha`) or name (`汉族`, `汉`)."""
    tight = text.strip()
    return _BY_ANY.get(tight.zfill(2) if tight.isdigit() else tight.upper())
