"""Runs compiled maps over the nodes of one source and collects the resources they make."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from adapters.mapping.compiled import CompiledMap, FixedRow, LinkRow, Template, ValueRow
from adapters.mapping.draft import Draft, Json, Scope
from adapters.mapping.functions import Made, Several
from adapters.mapping.identity import key, resource_id
from adapters.mapping.joining import joined
from adapters.mapping.memory import LONGEST
from adapters.mapping.shared import shared
from terminology.issue import Issue

_ALL = frozenset((0,))


class Outcome(NamedTuple):
    """What a function made: values for the target, resources they need, and what was read for it.

    `read` are (which node, value's number, leaves), `read_inputs` (index of the input, leaves). `simple` is
    the number and the leaves if it is one value, read of one value of the node alone, that needs nothing.
    """

    values: tuple[Any, ...]
    resources: tuple[Json, ...]
    read: tuple[tuple[int, int, frozenset[int]], ...]
    read_inputs: tuple[tuple[int, frozenset[int]], ...]
    simple: tuple[int, frozenset[int]] | None


def _outcome(result: Any, values: Sequence[tuple[int, Any]], inputs: Mapping[str, Any]) -> Outcome:
    made: tuple[Json, ...] = ()
    if type(result) is Made:
        made, result = result.resources, result.value
    read = tuple([(which, value.number, frozenset(value.read)) for which, value in values])
    of_inputs = [(i, frozenset(v.read)) for i, v in enumerate(inputs.values()) if v is not None]
    if type(result) is Several:
        return Outcome(result.values, made, read, tuple(of_inputs), None)
    plain = not made and not of_inputs and len(read) == 1 and not read[0][0]
    return Outcome((result,), made, read, tuple(of_inputs), read[0][1:] if plain else None)


class Work:
    """What one source has given so far: drafts in the order of their first mention, and issues."""

    def __init__(self, hospital: str, context: Any, dialect: str, words: Mapping[str, str]) -> None:
        """`dialect` is everything that texts are read by: equal texts of one dialect give equal results.
        `words` fill the placeholders of assignments. `homes` say which resource a node speaks of: that of the
        first map that ran for it."""
        self.hospital = hospital
        self.context = context
        self.dialect = dialect
        self.words = words
        self.drafts: dict[tuple[str, str], Draft] = {}
        self.homes: dict[Any, Draft] = {}
        self._adopted: dict[int, Json] = {}
        self.issues: list[Issue] = []

    def run(
        self, each: CompiledMap, node: Any, raw: Any, scope: Scope, following: Sequence[Any] = ()
    ) -> None:
        """Runs a map for a node, or sees to it that it runs later. `raw` is what makes two nodes the same;
        `following` nodes continue this one."""
        if each.at:
            scope.enclosing(each.at).links.append(partial(self._later, each, node, raw, scope, following))
            return
        draft = scope.labelled(each.onto) if each.onto else self._draft(each, node, raw, scope)
        if draft is not None:
            self._run(each, node, scope, following, draft, scope)

    def _later(
        self, each: CompiledMap, node: Any, raw: Any, scope: Scope, following: Sequence[Any], group: Scope
    ) -> None:
        """The group is complete: what the map needs is there now, or never."""
        draft = group.own(each.onto) if each.onto else self._draft(each, node, raw, group)
        if draft is not None:
            self._run(each, node, scope, following, draft, group)

    def _run(
        self,
        each: CompiledMap,
        node: Any,
        scope: Scope,
        following: Sequence[Any],
        draft: Draft,
        group: Scope,
    ) -> None:
        for home in (node, *following):
            self.homes.setdefault(home, draft)
        fields = node.fields
        for index, look, when, _, row in each.steps_for(node, scope):
            if look is None:
                if when is None or when(node, scope):
                    self._fixed(row, node, scope, draft)
                continue
            text = fields[index] if index else look(node, scope)
            if not text or (when is not None and not when(node, scope)):
                continue
            owner = node if row.own else row.source.owner(node, scope)
            if text == row.null:
                if row.deletes:
                    draft.deletions.append(row.deletes)
                row.source.keep(owner, 1, _ALL)
                continue
            for outcome in self._remembered(row, text, owner, node, scope, following):
                if outcome.simple is None:
                    self._put(row, outcome, owner, node, scope, draft, following)
                elif row.place(draft, node, outcome.values[0]):
                    row.source.keep(owner, *outcome.simple)
        for ignore in each.ignores:
            for left_out in (node, *following):
                if ignore.when(left_out, scope):
                    ignore.source.ignore(left_out, scope)
        if each.defaults:
            draft.defaults.append((each.defaults, node))
        for link in each.links:
            group.around(link.at).links.append(partial(_link, link, draft, node))

    def _fixed(self, row: FixedRow, node: Any, scope: Scope, draft: Draft) -> None:
        if row.deletes:
            draft.deletions.append(row.deletes)
            return
        if not row.reference:
            row.place(draft, node, self._word(row.value))
            return
        other = scope.labelled(row.reference)
        if other is not None and other is not draft:
            row.place(draft, node, other.reference)

    def _word(self, value: Any) -> Any:
        return value.filled(self.words) if isinstance(value, Template) else value

    def close(self, scope: Scope) -> None:
        """A group is complete: its links are made and its labels handed on."""
        for link in scope.links:
            link(scope)
        scope.close()

    def finish(self) -> list[Draft]:
        """Every draft, with its defaults."""
        for draft in self.drafts.values():
            for defaults, node in draft.defaults:
                for row in defaults:
                    if row.name not in draft.resource and f"_{row.name}" not in draft.resource:
                        row.place(draft, node, self._word(row.value))
        return list(self.drafts.values())

    def _draft(self, each: CompiledMap, node: Any, raw: Any, scope: Scope) -> Draft | None:
        if each.needs and scope.labelled(each.needs) is None:
            self._refuse(each.needs, each.segment)
            return None
        business_key = self._key(each, node, scope)
        if business_key is None:
            if not each.missing:
                return None
            # Nothing may be stored, yet one sees what else the source says.
            missing = each.missing
            self.issues.append(Issue("error", missing.code, missing.diagnostics, missing.expression))
            business_key = key("unidentified", each.label)
        draft = self._known_or_new(each, business_key, raw)
        if each.apart and draft is scope.labelled(each.apart):
            expression = each.missing.expression if each.missing else each.segment
            text = f"{each.segment} names the same {each.resource} that it is to be kept apart from"
            self.issues.append(Issue("error", "business-rule", text, expression))
            return None
        scope.name_draft(draft)
        return draft

    def stand_in(self, resource: str, label: str, scope: Scope) -> None:
        """A resource of which the source should have told, so that one sees what else it says."""
        made = resource_id(resource, self.hospital, key("unidentified", label))
        draft = Draft({"resourceType": resource, "id": made}, label, "merge", None)
        self.drafts[resource, made] = draft
        scope.name_draft(draft)

    def _refuse(self, label: str, segment: str) -> None:
        """Said once: the first place tells what is wrong."""
        text = f"no {label} is known where this stands"
        if not any(issue.diagnostics == text for issue in self.issues):
            self.issues.append(Issue("error", "structure", text, segment))

    def _known_or_new(self, each: CompiledMap, business_key: str, raw: Any) -> Draft:
        occurrence = 1
        while True:
            full = business_key if occurrence == 1 else f"{business_key}|#{occurrence}"
            made = resource_id(each.resource, self.hospital, full)
            known = self.drafts.get((each.resource, made))
            if known is None:
                resource = {"resourceType": each.resource, "id": made}
                draft = Draft(resource, each.label, each.mode, raw)
                self.drafts[each.resource, made] = draft
                return draft
            if known.raw is None:
                known.own()
                return known
            if each.same or known.raw == raw:
                return known
            occurrence += 1

    def _key(self, each: CompiledMap, node: Any, scope: Scope) -> str | None:
        for parts in each.identity:
            texts: list[str] = []
            for part in parts:
                text = part(node, scope, self)
                if text is None:
                    break
                texts.append(text)
            else:
                return texts[0] if len(texts) == 1 else key(*texts)
        return None

    def _remembered(
        self, row: ValueRow, text: str, owner: Any, node: Any, scope: Scope, following: Sequence[Any]
    ) -> Sequence[Outcome]:
        memory = row.memory
        if memory is None or following or len(text) > LONGEST:
            return self._outcomes(row, owner, node, scope, following)
        of: Any = (self.dialect, text)
        if row.inputs:
            of += tuple([source.look(node, scope) for _, source in row.inputs])
        known: Sequence[Outcome] | None = memory.get(of)
        if known is None:
            made = self._outcomes(row, owner, node, scope, ())
            known = [
                each._replace(values=shared(each.values), resources=shared(each.resources)) for each in made
            ]
            memory.put(of, known)
        return known

    def _outcomes(
        self, row: ValueRow, owner: Any, node: Any, scope: Scope, following: Sequence[Any]
    ) -> list[Outcome]:
        """What the function makes of the values, one by one or all at once."""
        values = row.source.values(owner)
        inputs: dict[str, Any] = {}
        for name, source in row.inputs:
            found = source.values(source.owner(node, scope)) if source.look(node, scope) else ()
            inputs[name] = found[0] if found else None
        if row.takes_all:
            marked = [(0, value) for value in values]
            for which, later in enumerate(following, 1):
                marked += [(which, value) for value in row.source.values(later)]
            result = row.call([value for _, value in marked], self.context, **inputs) if marked else None
            return [] if result is None else [_outcome(result, marked, inputs)]
        made: list[Outcome] = []
        for value in values:
            for each in inputs.values():
                if each is not None:
                    each.read.clear()
            result = row.call(value, self.context, **inputs)
            if result is not None:
                made.append(_outcome(result, ((0, value),), inputs))
        return made

    def _put(
        self,
        row: ValueRow,
        outcome: Outcome,
        owner: Any,
        node: Any,
        scope: Scope,
        draft: Draft,
        following: Sequence[Any],
    ) -> None:
        values, resources, read, read_inputs, _ = outcome
        place, placed = row.place, True
        for each in values:
            placed = place(draft, node, each) and placed
        if not placed:
            return
        for resource in resources:
            self.adopt(resource)
        keep = row.source.keep
        for which, number, leaves in read:
            keep(following[which - 1] if which else owner, number, leaves)
        for index, leaves in read_inputs:
            source = row.inputs[index][1]
            source.keep(source.owner(node, scope), 1, leaves)

    def adopt(self, resource: Json) -> None:
        """Takes a resource that a function made; one that is there already is joined with it."""
        if id(resource) in self._adopted:
            return
        self._adopted[id(resource)] = resource
        known = self.drafts.get((resource["resourceType"], resource["id"]))
        if known is None:
            draft = Draft(resource, "", "merge", None)
            self.drafts[resource["resourceType"], resource["id"]] = draft
        elif known.resource is not resource:
            known.resource = joined(known.resource, resource)


def _link(link: LinkRow, draft: Draft, node: Any, scope: Scope) -> None:
    others = [each for each in scope.labels.get(link.reference, ()) if each is not draft]
    if link.single and len(others) > 1:
        return
    for other in others:
        link.place(draft, node, other.reference)
