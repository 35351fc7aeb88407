"""The model of the online decision: a document that is what it was, and names that few have."""

import msgspec
import pytest

from mpi.decide import Cluster, Member, decide
from mpi.normalisation.demographics import Demographics
from mpi.online_model import (
    HAND_SET,
    ModelError,
    Names,
    json_from_online_model,
    model_digest,
    online_model_from_json,
)
from mpi.weigh import scale, weigh

NAMES = Names(
    whole={"王伟": 1e-3, "欧阳雨桐": 1e-9, "": 1e-8},
    surnames={"王": 0.07, "欧阳": 1e-4},
    given={"伟": 0.01, "雨桐": 1e-5, "": 1e-6},
)


def alone(name: str) -> Demographics:
    return Demographics(names=(name,), pinyin=(name,), gender="male", birth_date="1980-05-06")


def test_a_document_is_what_it_was() -> None:
    model = msgspec.structs.replace(HAND_SET, names=NAMES, population=1000)
    document = json_from_online_model(model)
    assert online_model_from_json(document) == model
    assert model_digest(document) != model_digest(json_from_online_model(HAND_SET))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b"{", "not a model"),
        (b'{"version": 1}', "version 1"),
        (b'{"levels": {"name": {}}}', "levels.name says nothing of"),
        (b'{"population": "many"}', "population"),
    ],
)
def test_what_cannot_be_used_is_told(document: bytes, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        online_model_from_json(document)


def test_a_rare_name_is_worth_more_and_never_less_than_its_parts_make_likely() -> None:
    by = scale(msgspec.structs.replace(HAND_SET, names=NAMES))
    assert NAMES.share("欧阳雨桐") == pytest.approx(1e-9)
    assert NAMES.share("王雨桐") == pytest.approx(7e-7)
    rare, common = (weigh(alone(name), alone(name), by).bits for name in ("欧阳雨桐", "王伟"))
    assert rare > common + 5


def test_name_birth_date_and_sex_alone_link_only_where_nobody_else_is_expected() -> None:
    by = scale(msgspec.structs.replace(HAND_SET, names=NAMES))
    for name, kind in (("欧阳雨桐", "link"), ("王伟", "new")):
        decision = decide(alone(name), [Cluster(1, (Member(1, alone(name)),))], by)
        assert decision.kind == kind, name
    unknown = Demographics(("欧阳雨桐",), ("ouyangyutong",), False, "male", "1980-01-01")
    assert decide(unknown, [Cluster(1, (Member(1, unknown),))], by).kind == "review"
