from adapters.mapping.joining import joined


def test_what_the_first_said_stays_and_gaps_are_filled() -> None:
    first = {"id": "1", "name": [{"text": "甲"}], "period": {"start": "1"}}
    second = {"id": "1", "name": [{"text": "乙"}], "period": {"start": "2", "end": "3"}, "gender": "male"}
    assert joined(first, second) == {
        "id": "1",
        "name": [{"text": "甲"}, {"text": "乙"}],
        "period": {"start": "1", "end": "3"},
        "gender": "male",
    }
    assert first == {"id": "1", "name": [{"text": "甲"}], "period": {"start": "1"}}


def test_of_two_items_that_agree_the_fuller_stays() -> None:
    thin, full = {"text": "李建国"}, {"text": "李建国", "prefix": ["主任医师"]}
    assert joined({"name": [thin]}, {"name": [full]}) == {"name": [full]}
    assert joined({"name": [full]}, {"name": [thin]}) == {"name": [full]}


def test_what_stands_beside_a_value_comes_with_its_value_only() -> None:
    assert joined({"a": 1}, {"a": 2, "_a": {"extension": []}}) == {"a": 1}
    assert joined({}, {"_a": {"extension": []}}) == {"_a": {"extension": []}}
