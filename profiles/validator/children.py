"""How often an element may be there, of which types, and what is asked of each of its values.

https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.min
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from profiles.validator.at import At
from profiles.validator.members import Gather, Member
from profiles.validator.run import Run
from profiles.validator.slicing import Slicing
from profiles.validator.values import plain

Check = Callable[[Any, At, Run], None]


class Asked(NamedTuple):
    """Of an element, as far as its type does not ask it too.

    label   as messages name it: `Observation.component:SystolicBP.code`
    least   0 if nothing is asked
    most    None if nothing is asked
    codes   the types that are left of a choice or of a resource of any type; None if all are
    bodies  by type code, the checks of a value
    """

    label: str
    profile: str
    least: int
    most: int | None
    codes: frozenset[str] | None
    bodies: Mapping[str, Sequence[Check]]
    slicing: Slicing | None

    @property
    def is_anything(self) -> bool:
        return bool(
            self.least or self.most is not None or self.bodies or self.slicing or self.codes is not None
        )


def children_check(asked: Asked, names: frozenset[str], gather: Gather) -> Check:
    """Of the object that has the element; `names` are its JSON names."""
    _, _, least, most, codes, bodies, slicing = asked
    needed = least > 0 or slicing is not None

    def check(owner: Any, at: At, run: Run) -> None:
        if names.isdisjoint(owner):
            if needed:
                _counted(asked, (), at, run)
            return
        members = gather(owner, at)
        for member in members:
            if codes is not None and not _is_of_type(member, asked, run):
                continue
            for one in bodies.get(member.code, ()):
                one(member.value, member.at, run)
        if needed or (most is not None and len(members) > most):
            _counted(asked, members, at, run)

    return check


def _counted(asked: Asked, members: Sequence[Member], at: At, run: Run) -> None:
    count, most = len(members), asked.most
    if count < asked.least:
        text = f"{asked.label}: at least {asked.least} needed, {count} found ({asked.profile})"
        run.report("error", "structure", text, at, "cardinality-min")
    if most is not None and count > most:
        text = f"{asked.label}: at most {most} allowed, {count} found ({asked.profile})"
        run.report("error", "structure", text, at, "cardinality-max")
    if asked.slicing is not None:
        asked.slicing.check(members, at, run)


def _is_of_type(member: Member, asked: Asked, run: Run) -> bool:
    kind = plain(member.value).get("resourceType") if member.code == "Resource" else member.code
    codes = asked.codes or frozenset()
    if kind in codes:
        return True
    text = f"{kind} is not allowed here, but {', '.join(sorted(codes))} ({asked.profile})"
    code = "structure" if member.code != "Resource" else "informational"
    run.report("error", code, text, member.at, "type")
    return False
