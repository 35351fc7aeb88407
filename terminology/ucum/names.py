"""A unit in words: `mg/dL` is `(milligram) / (deciliter)`. https://ucum.org/ucum"""

from terminology.ucum.parse import Annotated, Factor, Part, Term, Unit, parse


def analysed(code: str) -> str:
    """Raises NotUcum."""
    return _words(parse(code))


def _words(part: Part) -> str:
    match part:
        case Factor(value):
            return str(value)
        case Unit(atom, prefix, exponent):
            power = f" ^ {exponent}" if exponent != 1 else ""
            return f"({prefix.name if prefix else ''}{atom.name}{power})"
        case Annotated(Factor(1)):
            return "1"
        case Annotated(inner):
            return f"{_words(inner)} * 1"
        case Term(parts):
            (operator, first), *others = parts
            begun = f"/ {_inner(first)}" if operator == "/" else _inner(first)
            return begun + "".join(f" {'/' if each == '/' else '*'} {_inner(one)}" for each, one in others)


def _inner(part: Part) -> str:
    return f"({_words(part)})" if isinstance(part, Term) else _words(part)
