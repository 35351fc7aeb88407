"""Chinese names in surname and given name; surnames of two characters and those read in their own way."""

from types import MappingProxyType
from typing import Final, NamedTuple

_COMPOUND: Final = (
    "欧阳 司马 上官 诸葛 司徒 东方 皇甫 尉迟 公孙 慕容 长孙 宇文 令狐 独孤 夏侯 澹台 公冶 宗政 濮阳 "
    "淳于 单于 太叔 申屠 轩辕 钟离 闾丘 南宫 司空 呼延 端木 百里 东郭 南门 西门 东门 赫连 拓跋 完颜 "
    "纳兰 耶律 万俟 闻人 仲孙 公羊 鲜于 子车 颛孙 亓官 司寇 巫马 公西 壤驷 公良 漆雕 乐正 宰父 谷梁 "
    "段干 羊舌 微生 梁丘 左丘 第五 叱干 爱新 叶赫 那拉 富察 钮祜 拓拔 夹谷 贺兰 达奚 哥舒 南荣 东里 即墨 库狄"
)
COMPOUND: Final = frozenset(_COMPOUND.split())

# Those of one character that 98 of 100 people have, without what given names begin with as well; and those
# that hardly end a given name.
_COMMON: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱江尹薛闫阎段雷龙侯黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤"
    "常康易乔赖文庞樊殷施洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕聂丛焦柳邢路岳齐梅庄辛管祝左涂谷祁舒耿牟卜詹关"
    "苗凌费纪靳盛童欧甄项曲游阳裴席卫查屈鲍位霍翁隋甘景单包司宁柯阮桂闵解柴车冉房边辜吉饶刁瞿戚丘古米"
    "池滕晋苑邬臧畅宫来苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟敖糜鄢冷卓仇艾蓝巩稽"
)
_NEVER_GIVEN: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何罗郑梁谢唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜苏吕丁卢姚沈钟姜崔谭陆范汪"
    "廖贾付邹孟邱尹薛闫段侯黎贺郝龚邵覃钱"
)
# Before a surname they make what somebody is called: 小王.
_CALLED: Final = frozenset("小老大阿")

# Readings of surnames that differ from the characters' usual ones, without tones.
_READINGS: Final = (
    "单:shan 曾:zeng 区:ou 解:xie 仇:qiu 查:zha 盖:ge 朴:piao 覃:qin 翟:zhai 任:ren 华:hua 尉:wei "
    "乐:yue 缪:miao 纪:ji 召:shao 员:yun 黑:he 折:she 逄:pang 教:jiao 都:du 洗:xian 冼:xian 幺:yao "
    "宓:fu 郇:xun 佴:nai 仉:zhang 逯:lu 阚:kan 尹:yin 隗:wei 臧:zang 晁:chao 褚:chu 种:chong 秘:bi "
    "繁:po 薄:bo 车:che 重:chong 柏:bai 句:gou 适:kuo 牟:mou 撒:sa 尉迟:yuchi 万俟:moqi 长孙:zhangsun "
    "澹台:tantai 令狐:linghu 单于:chanyu 鲜于:xianyu 呼延:huyan 夏侯:xiahou 亓官:qiguan "
    "祭:zhai 能:nai 卜:bu 会:gui 藏:zang 粘:nian 贠:yun 那:na 谌:chen 郗:xi"
)
READINGS: Final = MappingProxyType(dict(pair.split(":") for pair in _READINGS.split()))


class NameParts(NamedTuple):
    surname: str
    given: str


def name_parts(name: str) -> NameParts:
    """Splits a normal Chinese name; a name with a dot or in letters has no surname of one or two characters,
    and a single character only that."""
    if "·" in name or name[:1] < "\u3400":
        return NameParts("", name)
    length = 2 if len(name) > 2 and name[:2] in COMPOUND else 1
    return NameParts(name[:length], name[length:])


def with_surname_first(name: str) -> str:
    """A name of which a form changed the fields, turned round (`志强王`, `王志强`); any other as it is."""
    turned = len(name) in (2, 3) and name[-1] in _NEVER_GIVEN and name[0] not in _COMMON | _CALLED
    return name[-1] + name[:-1] if turned else name
