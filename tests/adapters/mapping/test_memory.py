from adapters.mapping.memory import SIZE, Memory


def test_what_comes_again_stays_and_what_does_not_goes() -> None:
    memory = Memory()
    memory.put("often", 1)
    for number in range(4 * SIZE):
        memory.put(number, number)
        if number % (SIZE // 2) == 0:
            assert memory.get("often") == 1
    assert memory.get(0) is None
    assert memory.get(4 * SIZE - 1) == 4 * SIZE - 1


def test_it_is_bounded() -> None:
    memory = Memory()
    for number in range(10 * SIZE):
        memory.put(number, number)
    assert sum(memory.get(number) is not None for number in range(10 * SIZE)) <= 2 * SIZE
