"""Names of people as they are typed: in Chinese, in pinyin, by initials, by sound."""

from typing import Any

import httpx
import pytest

PEOPLE: list[tuple[str, list[dict[str, Any]]]] = [
    ("zhang", [{"family": "张", "given": ["三"], "text": "张三"}]),
    ("shan", [{"family": "单", "given": ["雄信"]}]),
    ("ouyang", [{"family": "欧阳", "given": ["明月"]}]),
    ("smith", [{"family": "Smith", "given": ["Jon"]}]),
    ("san", [{"text": "章三"}]),
]


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    for id_, name in PEOPLE:
        resource = {"resourceType": "Patient", "id": id_, "name": name}
        assert (await client.put(f"Patient/{id_}", json=resource)).status_code == 201


async def test_how_people_are_found(client: httpx.AsyncClient) -> None:
    for asked, names in (
        ("name=zhangsan", {"zhang", "san"}),
        ("name=zs", {"zhang", "san"}),
        ("name=Zhang San", {"zhang", "san"}),
        ("name=zhāng", {"zhang", "san"}),
        ("name=张", {"zhang"}),
        ("name=san", {"zhang"}),
        ("name=shan", {"shan"}),
        ("name=dan", set()),
        ("family=oy", {"ouyang"}),
        ("given=my", {"ouyang"}),
        ("family=ouyang,shan", {"ouyang", "shan"}),
        ("name:exact=zhangsan", set()),
        ("name:contains=hang", set()),
        ("name:contains=阳明", {"ouyang"}),
        ("phonetic=Smyth", {"smith"}),
        ("phonetic=John Smyth", {"smith"}),
        ("phonetic=章三", {"zhang", "san"}),
        ("phonetic=zhangsan", {"zhang", "san"}),
        ("phonetic=Brown", set()),
        ("name:missing=false", {"zhang", "shan", "ouyang", "smith", "san"}),
    ):
        answer = await client.get(f"Patient?{asked}")
        assert answer.status_code == 200, answer.text
        assert {each["resource"]["id"] for each in answer.json().get("entry", [])} == names, asked


async def test_a_sound_needs_a_word(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient?phonetic=12")).status_code == 400
