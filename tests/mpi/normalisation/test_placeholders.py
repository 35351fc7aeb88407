"""Names of nobody are worth nothing; names of people are not taken for them."""

import pytest

from mpi.normalisation.names import normal_name
from mpi.normalisation.placeholders import is_placeholder

NOBODY = (
    "无名氏 无名氏甲 無名氏 急诊无名 120无名氏 无主病人 未知 未知女性 不详 姓名不详 身份不明 "
    "未命名 待查 待补 空 暂无 测试 测试1 测试病人 测试患者2 体检1 临时患者 演示病人 患者1 病人甲 "
    "路人甲 流浪汉 匿名者 男 女性 婴儿 男婴 "
    "某 某男 王某 王某某 张某甲 张氏 张先生 李女士 欧阳女士 王** 王×× 王*伟 张xx 刘? "
    "急诊患者 昏迷患者 外地患者 急诊男 急诊001 绿通1 120送入 公安送 待产妇 陌生人 张测试 拒绝提供 无名01 "
    "- — / 123 ？？？ N/A null unknown Unknown-Male UNK test01 ZZTEST JANE_DOE Doe,John xxx Trauma1"
)
SOMEBODY = (
    "王羲之 王伟 李双 欧阳伟 吴铭 买买提·艾力 张三 李四 石某一 冼星海 待小云 未央 患立 王小宝 高患 军人杰 "
    "Doerr,John Tester Testa Webb Xi,Xu Nan,Li Anna"
)


@pytest.mark.parametrize("name", NOBODY.split())
def test_who_is_nobody(name: str) -> None:
    assert is_placeholder(normal_name(name))


@pytest.mark.parametrize("name", SOMEBODY.split())
def test_who_is_somebody(name: str) -> None:
    assert not is_placeholder(normal_name(name))
