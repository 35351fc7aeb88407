"""Three-valued logic. http://hl7.org/fhirpath/N1/#boolean-logic

An operand is not evaluated where the others have already decided.
"""

from collections.abc import Sequence
from typing import Any

from profiles.fhirpath.code import Code, of_truth, truth_of
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.types import BOOLEAN


def conjunction(operands: Sequence[Code], position: int) -> Code:
    truths = [truth_of(operand, position) for operand in operands]
    if len(truths) == 2:
        one, other = truths

        def both(frame: Frame, this: Any) -> bool | None:
            first = one(frame, this)
            if first is False:
                return False
            second = other(frame, this)
            return second if first or second is False else None

        return of_truth(both, BOOLEAN)

    def truth(frame: Frame, this: Any) -> bool | None:
        result: bool | None = True
        for operand in truths:
            found = operand(frame, this)
            if found is False:
                return False
            if found is None:
                result = None
        return result

    return of_truth(truth, BOOLEAN)


def disjunction(operands: Sequence[Code], position: int) -> Code:
    truths = [truth_of(operand, position) for operand in operands]
    if len(truths) == 2:
        one, other = truths

        def either(frame: Frame, this: Any) -> bool | None:
            first = one(frame, this)
            if first:
                return True
            second = other(frame, this)
            return second if first is False or second else None

        return of_truth(either, BOOLEAN)

    def truth(frame: Frame, this: Any) -> bool | None:
        result: bool | None = False
        for operand in truths:
            found = operand(frame, this)
            if found:
                return True
            if found is None:
                result = None
        return result

    return of_truth(truth, BOOLEAN)


def exclusive(left: Code, right: Code, position: int) -> Code:
    one, other = truth_of(left, position), truth_of(right, position)

    def truth(frame: Frame, this: Any) -> bool | None:
        first = one(frame, this)
        second = other(frame, this)
        return None if first is None or second is None else first is not second

    return of_truth(truth, BOOLEAN)


def implication(left: Code, right: Code, position: int) -> Code:
    one, other = truth_of(left, position), truth_of(right, position)

    def truth(frame: Frame, this: Any) -> bool | None:
        first = one(frame, this)
        if first is False:
            return True
        second = other(frame, this)
        return second if first or second else None

    return of_truth(truth, BOOLEAN)


def negation(operand: Code, position: int) -> Code:
    inner = truth_of(operand, position)

    def truth(frame: Frame, this: Any) -> bool | None:
        found = inner(frame, this)
        return None if found is None else not found

    return of_truth(truth, BOOLEAN)
