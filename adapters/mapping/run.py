"""Runs compiled maps over the nodes of one source and collects the resources they make."""

from collections.abc import Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from adapters.mapping.compile import CompiledMap, FixedRow, LinkRow, ValueRow
from adapters.mapping.draft import Draft, Json, Scope
from adapters.mapping.functions import Made, Several
from adapters.mapping.identity import key, resource_id
from adapters.mapping.joining import joined
from adapters.mapping.target import Place
from terminology.issue import Issue


class Work:
    """What one source has given so far: drafts in the order of their first mention, and issues."""

    def __init__(self, hospital: str, context: Any) -> None:
        self.hospital = hospital
        self.context = context
        self.drafts: dict[tuple[str, str], Draft] = {}
        self.issues: list[Issue] = []
        self._links: list[tuple[Scope, LinkRow, Draft, Any]] = []

    def run(
        self, each: CompiledMap, node: Any, raw: Any, scope: Scope, following: Sequence[Any] = ()
    ) -> None:
        """Runs a map for a node. `raw` is what makes two nodes the same; `following` nodes continue this
        one."""
        draft = scope.labelled(each.onto) if each.onto else self._draft(each, node, raw, scope)
        if draft is None:
            return
        for row in each.rows:
            if row.when is not None and not row.when(node, scope):
                continue
            if isinstance(row, ValueRow):
                self._values(row, node, scope, draft, following)
            else:
                _fixed(row, node, scope, draft)
        for ignore in each.ignores:
            if ignore.when(node, scope):
                for value in ignore.source(node, scope):
                    value.ignore()
        for place, value in each.defaults:
            draft.defaults.append(partial(_late, place, node, value))
        for link in each.links:
            target: Scope | None = scope
            while link.at not in ("self", "") and target is not None and target.name != link.at:
                target = target.parent
            self._links.append((target or scope, link, draft, node))

    def close(self, scope: Scope) -> None:
        """A group is complete: its links are made and its labels handed on."""
        due = [each for each in self._links if each[0] is scope]
        if due:
            self._links = [each for each in self._links if each[0] is not scope]
        for _, link, draft, node in due:
            _link(link, draft, node, scope)
        scope.close()

    def finish(self) -> list[Draft]:
        """Every draft, with its defaults."""
        for draft in self.drafts.values():
            for default in draft.defaults:
                default(draft)
        return list(self.drafts.values())

    def _draft(self, each: CompiledMap, node: Any, raw: Any, scope: Scope) -> Draft | None:
        business_key = self._key(each, node, scope)
        if business_key is None:
            if each.missing:
                missing = each.missing
                self.issues.append(Issue("error", missing.code, missing.diagnostics, missing.expression))
            return None
        draft = self._known_or_new(each, business_key, raw)
        if each.apart and (other := scope.labelled(each.apart)) is draft and other is not None:
            expression = each.missing.expression if each.missing else each.segment
            text = f"{each.segment} names the same {each.resource} that it is to be kept apart from"
            self.issues.append(Issue("error", "business-rule", text, expression))
            return None
        scope.name_draft(draft)
        return draft

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
            if each.same or known.raw is None or known.raw == raw:
                return known
            occurrence += 1

    def _key(self, each: CompiledMap, node: Any, scope: Scope) -> str | None:
        for parts in each.identity:
            texts = [part(node, scope, self.context) for part in parts]
            if all(text is not None for text in texts):
                return texts[0] if len(texts) == 1 else key(*texts)  # type: ignore[arg-type]
        return None

    def _values(self, row: ValueRow, node: Any, scope: Scope, draft: Draft, following: Sequence[Any]) -> None:
        values = row.source(node, scope)
        if not values:
            return
        if len(values) == 1 and values[0].is_null:
            if row.deletes:
                draft.deletions.append(row.deletes)
                values[0].keep()
            return
        inputs: dict[str, Any] = {}
        for name, source in row.inputs:
            found = source(node, scope)
            inputs[name] = found[0] if found else None
        if row.takes_all:
            for later in following:
                values = [*values, *row.source(later, scope)]
            self._put(row, node, draft, row.call(values, self.context, **inputs), values, inputs)
        else:
            for value in values:
                self._put(row, node, draft, row.call(value, self.context, **inputs), (value,), inputs)

    def _put(
        self,
        row: ValueRow,
        node: Any,
        draft: Draft,
        result: Any,
        values: Sequence[Any],
        inputs: dict[str, Any],
    ) -> None:
        if result is None:
            return
        made: tuple[Json, ...] = ()
        if isinstance(result, Made):
            made, result = result.resources, result.value
        results = result.values if isinstance(result, Several) else (result,)
        placed = [row.place(draft, node, each) for each in results]  # each of them, even after a refusal
        if not all(placed):
            return
        for resource in made:
            self.adopt(resource)
        for value in (*values, *inputs.values()):
            if value is not None:
                value.keep()

    def adopt(self, resource: Json) -> None:
        """Takes a resource that a function made; one that is there already is joined with it."""
        known = self.drafts.get((resource["resourceType"], resource["id"]))
        if known is None:
            draft = Draft(resource, "", "merge", None)
            self.drafts[resource["resourceType"], resource["id"]] = draft
        elif known.resource is not resource:
            joined(known.resource, resource)


def _late(place: Place, node: Any, value: Any, draft: Draft) -> bool:
    return place(draft, node, deepcopy(value))


def _fixed(row: FixedRow, node: Any, scope: Scope, draft: Draft) -> None:
    if not row.reference:
        row.place(draft, node, deepcopy(row.value))
        return
    other = scope.labelled(row.reference)
    if other is not None and other is not draft:
        row.place(draft, node, other.reference)


def _link(link: LinkRow, draft: Draft, node: Any, scope: Scope) -> None:
    others = [each for each in scope.labels.get(link.reference, ()) if each is not draft]
    if link.single and len(others) > 1:
        return
    for other in others:
        link.place(draft, node, other.reference)
