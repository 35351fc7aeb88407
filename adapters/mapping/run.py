"""Runs compiled maps over the nodes of one source and collects the resources they make."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.mapping.compiled import CompiledMap, FixedRow, LinkRow, Template, ValueRow
from adapters.mapping.draft import Draft, Json, Scope
from adapters.mapping.identity import escaped, key, resource_id
from adapters.mapping.joining import joined
from adapters.mapping.memory import LONGEST, Memory
from adapters.mapping.outcome import NOTHING, Outcome, Remembered, outcomes, remembered
from adapters.mapping.parts import Part
from adapters.mapping.plans import identifying, planned
from terminology.issue import Issue

_ALL = frozenset((0,))


class Work:
    """What one source has given so far: drafts in the order of their first mention, and issues. `looks_on`:
    somebody is to see each row, so that no written function may do several."""

    looks_on = False

    def __init__(self, hospital: str, context: Any, dialect: str, words: Mapping[str, str]) -> None:
        """`dialect` is everything that texts are read by: equal texts of one dialect give equal results.
        `words` fill the placeholders of assignments. `homes` say which resource a node speaks of: that of the
        first map that ran for it."""
        self.hospital = hospital
        self.context = context
        self.dialect = dialect
        self.words = words
        self.drafts: dict[str, Draft] = {}
        self.homes: dict[Any, Draft] = {}
        self.adopted: dict[int, Json] = {}
        self.issues: list[Issue] = []

    def run(self, each: CompiledMap, node: Any, scope: Scope, following: Sequence[Any] = ()) -> None:
        """Runs a map for a node, or sees to it that it runs later. `following` nodes continue this one."""
        if each.at:
            scope.enclosing(each.at).links.append((self._later, each, node, scope, following))
            return
        self._run(each, node, scope, following, scope, scope.labelled(each.onto) if each.onto else None)

    def _later(
        self, each: CompiledMap, node: Any, scope: Scope, following: Sequence[Any], group: Scope
    ) -> None:
        """The group is complete: what the map needs is there now, or never."""
        scope.look_around()
        self._run(each, node, scope, following, group, group.own(each.onto) if each.onto else None)

    def _run(
        self,
        each: CompiledMap,
        node: Any,
        scope: Scope,
        following: Sequence[Any],
        group: Scope,
        onto: Draft | None,
    ) -> None:
        draft = onto if each.onto else self._draft(each, node, group)
        if draft is None:
            return
        self.homes.setdefault(node, draft)
        if following:
            for home in following:
                self.homes.setdefault(home, draft)
            self.generally(each, node, scope, following, draft, group)
        else:
            self.at_once(each, node, scope, draft, group)

    def at_once(self, each: CompiledMap, node: Any, scope: Scope, draft: Draft, group: Scope) -> None:
        """By the function that is written for nodes of this plan, if there is one yet."""
        fresh = len(draft.resource) == 2
        known = each.plans.runs.get(self.dialect)
        run = known[fresh].get(node.plan) if known is not None else None
        if run is None:
            run = planned(each, self.dialect, node, scope, fresh)
        if run is not None:
            run(self, node, scope, draft, group)
        else:
            self.generally(each, node, scope, (), draft, group)

    def generally(
        self, each: CompiledMap, node: Any, scope: Scope, following: Sequence[Any], draft: Draft, group: Scope
    ) -> None:
        """The same row by row, for any node."""
        self.rows(each.rows, node, scope, draft, following)
        for ignore in each.ignores:
            for left_out in (node, *following):
                if ignore.when is None or ignore.when.holds(left_out, scope):
                    ignore.source.ignore(left_out, scope)
        if each.defaults:
            draft.defaults += ((each.defaults, node),)
        for link in each.links:
            group.around(link.at).links.append((self.link, link, draft, node))

    def rows(
        self,
        rows: Sequence[ValueRow | FixedRow],
        node: Any,
        scope: Scope,
        draft: Draft,
        following: Sequence[Any],
    ) -> None:
        for row in rows:
            if isinstance(row, FixedRow):
                if row.when is None or row.when.holds(node, scope):
                    self.fixed(row, node, scope, draft)
                continue
            text = row.source.look(node, scope)
            if text and (row.when is None or row.when.holds(node, scope)):
                self.value(row, text, row.source.owner(node, scope), node, scope, draft, following)

    def fixed(self, row: FixedRow, node: Any, scope: Scope, draft: Draft) -> None:
        if row.deletes:
            draft.deletions += (row.deletes,)
            return
        if not row.reference:
            row.place(draft, node, self.word(row.value))
            return
        other = scope.labelled(row.reference)
        if other is not None and other is not draft:
            row.place(draft, node, other.reference)

    def word(self, value: Any) -> Any:
        """A constant, its placeholders filled."""
        return value.filled(self.words) if isinstance(value, Template) else value

    def close(self, scope: Scope) -> None:
        """A group is complete: its links are made and its labels handed on."""
        for run, *given in scope.links:
            run(*given, scope)
        scope.close()

    def finish(self) -> list[Draft]:
        """Every draft, with its defaults."""
        for draft in self.drafts.values():
            for defaults, node in draft.defaults:
                for row in defaults:
                    if row.name not in draft.resource and f"_{row.name}" not in draft.resource:
                        row.place(draft, node, self.word(row.value))
        return list(self.drafts.values())

    def _draft(self, each: CompiledMap, node: Any, scope: Scope) -> Draft | None:
        if each.needs and scope.labelled(each.needs) is None:
            self._refuse(each.needs, each.segment)
            return None
        identify = each.plans.identify.get(self.dialect) or identifying(each, self.dialect)
        business_key = identify(self, node, scope)
        if business_key is None:
            if not each.missing:
                return None
            # Nothing may be stored, yet one sees what else the source says.
            missing = each.missing
            self.issues.append(Issue("error", missing.code, missing.diagnostics, missing.expression))
            business_key = key("unidentified", each.label)
        draft = self._known_or_new(each, business_key, node)
        if each.apart and draft is scope.labelled(each.apart):
            expression = each.missing.expression if each.missing else each.segment
            text = f"{each.segment} names the {each.resource} itself, not another"
            self.issues.append(Issue("error", "business-rule", text, expression))
            return None
        scope.name_draft(draft)
        return draft

    def stand_in(self, resource: str, label: str, scope: Scope) -> None:
        """A resource of which the source should have told, so that one sees what else it says."""
        made = resource_id(resource, self.hospital, key("unidentified", label))
        name = f"{resource}/{made}"
        draft = self.drafts[name] = Draft({"resourceType": resource, "id": made}, name, label, "merge", None)
        scope.name_draft(draft)

    def _refuse(self, label: str, segment: str) -> None:
        """Said once: the first place tells what is wrong."""
        text = f"no {label} is known where this stands"
        if not any(issue.diagnostics == text for issue in self.issues):
            self.issues.append(Issue("error", "structure", text, segment))

    def _known_or_new(self, each: CompiledMap, business_key: str, node: Any) -> Draft:
        occurrence = 1
        while True:
            full = business_key if occurrence == 1 else f"{business_key}|#{occurrence}"
            made = resource_id(each.resource, self.hospital, full)
            name = f"{each.resource}/{made}"
            known = self.drafts.get(name)
            if known is None:
                resource = {"resourceType": each.resource, "id": made}
                draft = self.drafts[name] = Draft(resource, name, each.label, each.mode, node)
                return draft
            if known.node is None:
                known.own()
                return known
            if each.same or known.node.raw == node.raw:
                return known
            occurrence += 1

    def named(self, part: Part, memory: Memory, text: str, node: Any, scope: Scope) -> str:
        """What the function of a part of an identity says of a text, kept if that is short."""
        known: str | None = memory.get(text)
        if known is None:
            assert part.source is not None
            assert part.call is not None
            known = part.call(part.source.values(part.source.owner(node, scope)), self.context) or ""
            known = known if part.alone else escaped(known)
            if len(text) <= LONGEST:
                memory.put(text, known)
        return known

    def value(
        self,
        row: ValueRow,
        text: str,
        owner: Any,
        node: Any,
        scope: Scope,
        draft: Draft,
        following: Sequence[Any],
    ) -> None:
        """Puts what a row's function makes of a text."""
        if text == row.source.null:
            if row.deletes:
                draft.deletions += (row.deletes,)
            row.source.keep(owner, 1, _ALL)
            return
        made: Sequence[Outcome]
        if row.memories is None or following:
            made = outcomes(row, owner, node, scope, following, self.context)
        else:
            inputs = [source.look(node, scope) for _, source in row.inputs]
            of: Any = (text, *inputs) if inputs else text
            memory = row.memories.of(self.dialect)
            made = (memory.known.get(of) or self.learn(row, memory, of, owner, node, scope))[4]
        for outcome in made:
            self.put(row, outcome, owner, node, scope, draft, following)

    def learn(
        self, row: ValueRow, memory: Memory, of: Any, owner: Any, node: Any, scope: Scope
    ) -> Remembered:
        """What a row's function makes of a text (and of the texts of its inputs), kept if it is short."""
        known: Remembered | None = memory.get(of)
        if known is None:
            text = of[0] if row.inputs else of
            if text == row.source.null:
                known = NOTHING
            else:
                made = outcomes(row, owner, node, scope, (), self.context)
                known = remembered(row, made, owner, node)
            if sum(map(len, of)) <= LONGEST if row.inputs else len(text) <= LONGEST:
                memory.put(of, known)
        return known

    def put(
        self,
        row: ValueRow,
        outcome: Outcome,
        owner: Any,
        node: Any,
        scope: Scope,
        draft: Draft,
        following: Sequence[Any],
    ) -> None:
        """Puts what was made of a value, if there is room for it, and says what was read for it."""
        values, resources, read, read_inputs = outcome
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
        if id(resource) in self.adopted:
            return
        self.adopted[id(resource)] = resource
        name = f"{resource['resourceType']}/{resource['id']}"
        known = self.drafts.get(name)
        if known is None:
            self.drafts[name] = Draft(resource, name, "", "merge", None)
        elif known.resource is not resource:
            known.resource = joined(known.resource, resource)

    def link(self, link: LinkRow, draft: Draft, node: Any, scope: Scope) -> None:
        """A reference to what a group has, now that it is complete."""
        labelled = scope.labels.get(link.reference)
        if labelled is None:
            return
        others = [each for each in labelled if each is not draft]
        if link.single and len(others) > 1:
            return
        for other in others:
            link.place(draft, node, other.reference)
