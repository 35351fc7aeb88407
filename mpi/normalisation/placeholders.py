"""Names of nobody: for somebody whose name nobody knew, or written to try a system."""

import re
from functools import lru_cache
from typing import Final

_WORDS: Final = (
    "无 无名 无姓名 未知 未知名 未详 佚名 匿名 匿名者 保密 空 空白 没有 暂无 姓名 名字 本人 家属 患者 病人 "
    "路人 某 某某 某某某 散客 自费 医保 三无人员 男 女 男性 女性 男子 女子 男孩 女孩 男童 女童 儿童 小儿 "
    "小孩 老人 先生 女士 小姐 太太 儿子 女儿 宝宝 删除 已删除 作废 重复 停用 "
    "孕妇 产妇 待产妇 陌生人 群众 外宾 外国人 本院职工 患者家属 病人家属 犯人 在押人员 服刑人员 "
    "核酸检测 疫苗接种 "
    "none null nil na nn nonamegiven notknown notgiven notprovided notavailable undefined patient deceased "
    "redacted masked donotuse duplicate deleted dummy unk unkn anon anonymous anonymised anonymized"
)
_PLACEHOLDERS: Final = frozenset(_WORDS.split())
_CHINESE: Final = (
    r"(?:急诊|急救|120|110|救助|三无)?无(?:名|主)(?:氏|男|女|人|尸|患者|病人|老人|婴|儿).*"
    r"|(?:急诊|急救|120|110|救助)无名|三无.{0,4}|(?:未命|未取|未起)名.*|未提供"
    r"|未知(?:名|姓名|患者|病人|人员|身份|者)?(?:男|女)?性?.{0,3}"
    r"|待(?:定|查|补|录|填|核实|确认|命名|取名).*"
    r"|(?:测试|试验|体检|临时|演示|模拟|培训|虚拟|新建?(?=患者|病人)).*"
    r"|(?:患者|病人|路人|居民|用户)[a-z0-9甲乙丙丁戊一二三四五]{1,4}"
    r"|不(?:详|祥|明|知|清|愿).*|(?:身份|姓名)(?:不详|不明|不清|未知|待查|待定).*"
    r"|.{1,4}(?:患者|病人|病员)[0-9甲乙丙丁一二三]{0,4}|.测试[0-9]{0,4}|拒绝.*|无法.*|无名[0-9]{1,4}|(?:团体|集体|单位)体检.*"
    r"|(?:急诊|急救|抢救|门诊|住院|绿色通道|绿通|昏迷|醉酒|车祸|外伤)(?:男性?|女性?|人|科|室)?[0-9a-z甲乙丙丁]{0,4}"
    r"|(?:110|120|119|公安|警察|民警|城管|派出所|救助站)(?:[送接带].{0,2})?[0-9]{0,4}"
    r"|流浪.{1,3}|乞讨.*|弃婴.*|[男女]婴|婴儿"
    r"|某.*|.某{1,2}[甲乙丙丁0-9a-z]?|.氏|..?(?:先生|女士|小姐|太太|师傅)"
)
# A name that was hidden, or of which one character was lost on the way.
_MASKED: Final = r"[\u3400-\u9fff]{0,2}(?:[*×○●□■?]{1,3}|x{1,3})[\u3400-\u9fff]?"
_LATIN: Final = (
    r"(?:zz+|xx+)?(?:test|unknown)(?:patient|person|user|name|male|female|man|woman)?[0-9]*"
    r"|test.*[\u3400-\u9fff].*|zz+test.*|([a-hj-z])\1{2,}|no(?:first|last|given|family)?name"
    r"|(?:john|jane|baby)doe[0-9]*|doe(?:john|jane)|patient[0-9]{1,4}|trauma[a-z]*[0-9]*"
)
_PLACEHOLDER: Final = re.compile(rf"{_CHINESE}|{_MASKED}|{_LATIN}|[0-9]*")
_MARK: Final = re.compile(r"[\W_]+")


@lru_cache(maxsize=65536)
def is_placeholder(name: str) -> bool:
    """Whether a normal name stands for a person whose name nobody knew."""
    tight = name.replace(" ", "")
    if _is_nobody(tight):
        return True
    return not tight.isalnum() and _is_nobody(_MARK.sub("", tight))


def _is_nobody(tight: str) -> bool:
    return tight in _PLACEHOLDERS or _PLACEHOLDER.fullmatch(tight) is not None
