from typing import Any

from adapters.mapping.functions import registry
from adapters.mapping.memory import SIZE


def one(value: Any, context: Any, *, vocabulary: Any, use: str = "") -> None: ...


def many(values: Any, context: Any) -> None: ...


def test_the_registry_knows_what_functions_take() -> None:
    functions = registry(one, remembered=(many,))
    assert functions["one"].required == {"vocabulary"}
    assert functions["one"].parameters == {"vocabulary", "use"}
    assert (functions["one"].takes_all, functions["one"].remembered) == (False, 0)
    assert (functions["many"].takes_all, functions["many"].remembered) == (True, SIZE)
