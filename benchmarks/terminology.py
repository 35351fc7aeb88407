"""Terminology at the size of real code systems, generated: SNOMED's, LOINC's and ICD-10's shapes.

    python -m benchmarks.terminology [--concepts 350000]

Times are of the process (CPU), in milliseconds where nothing else is said.
"""

import argparse
import gc
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from terminology.algebra import index_of
from terminology.answering import LibraryChecks
from terminology.checks import Check, CodeOf
from terminology.code_system import CodeSystem, Header
from terminology.expansion import expand
from terminology.library import Library, entry_of, ready
from terminology.lookup import look_up, subsumes
from terminology.options import options_of
from terminology.packed import Concept, assembled, parts, rest_of
from terminology.scope import Scope
from terminology.translate import Wanted, concept_map_of, translate

ENGLISH: Final = (
    "acute chronic disorder of left right upper lower heart lung kidney liver infection injury fracture "
    "neoplasm malignant benign syndrome congenital structure procedure finding measurement serum plasma "
    "urine blood tissue organism product substance device regime therapy history family severe mild"
)
WORDS: Final = tuple(ENGLISH.split(" "))
HAN: Final = (
    "急慢性左右上下心肺肾肝感染损伤骨折肿瘤恶良综合征先天结构操作所见测定血清尿组织物质药品器械治疗史重轻"
)
SNOMED: Final = "http://snomed.example/sct"


def made(count: int, parents: Callable[[random.Random, int], set[int]], seed: int) -> Iterator[Concept]:
    """Concepts with an English and a Chinese name."""
    chance = random.Random(seed)
    for number in range(count):
        english = " ".join(chance.choices(WORDS, k=chance.randint(2, 6))) + f" {number % 997}"
        chinese = "".join(chance.choices(HAN, k=chance.randint(3, 9)))
        entry: dict[str, Any] = {"designation": [{"language": "zh-CN", "value": chinese}]}
        if number % 20 == 0:
            entry["property"] = [{"code": "inactive", "valueBoolean": True}]
        yield Concept(str(100_000_000 + number * 7), english, tuple(parents(chance, number)), rest_of(entry))


def polyhierarchy(chance: random.Random, number: int) -> set[int]:
    """Some 14 levels, one parent or two: about 20 ancestors a concept."""
    if number < 20:
        return {0} if number else set()
    near = (int(number / chance.uniform(1.9, 2.6)) for _ in range(chance.choice((1, 1, 1, 1, 1, 2))))
    return {max(0, above - chance.randint(0, 3)) for above in near}


def tree(chance: random.Random, number: int) -> set[int]:
    return {number // 12} if number else set()


def flat(chance: random.Random, number: int) -> set[int]:
    return set()


CHECKS: Final = 200_000


def timed(work: Callable[[], object]) -> float:
    """CPU milliseconds."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def told(name: str, times: Sequence[float]) -> None:
    ranked = sorted(times)
    print(f"{name:44} p50 {statistics.median(ranked):9.3f}  p95 {ranked[int(len(ranked) * 0.95)]:9.3f} ms")


def _resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def loaded(name: str, url: str, count: int, parents: Callable[[random.Random, int], set[int]]) -> CodeSystem:
    header = Header(url, "2026", name=name, language="en", is_case_sensitive=True)
    packed = list(parts(made(count, parents, seed=1)))
    found: list[CodeSystem] = []
    before = _resident()
    took = timed(lambda: found.append(assembled(header, packed)))
    facts = timed(lambda: found[0].troubled)
    text = timed(lambda: index_of(found[0]))
    grown = (_resident() - before) / 1e6
    stored = sum(map(len, packed)) / 1e6
    print(
        f"{name}: {count} concepts, stored {stored:.1f} MB, assembled in {took:.0f} ms, "
        f"properties {facts:.0f} ms, text index {text:.0f} ms, memory +{grown:.0f} MB"
    )
    return found[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--concepts", type=int, default=350_000)
    count = parser.parse_args().concepts
    snomed = loaded("SNOMED's shape", SNOMED, count, polyhierarchy)
    closure = sum(len(snomed.tree.above(number)) for number in range(0, count, 50)) * 50
    print(f"closure: about {closure / 1e6:.1f} M rows")
    loinc = loaded("LOINC's shape", "http://loinc.example", 100_000, flat)
    icd = loaded("ICD-10's shape", "http://icd.example", 40_000, tree)
    _validate(snomed)
    _hierarchy(snomed)
    _text(snomed)
    _translate(icd, loinc)


def _value_set(number: int, code: str) -> dict[str, Any]:
    rule = {"property": "concept", "op": "is-a", "value": code}
    compose = {"include": [{"system": SNOMED, "filter": [rule]}]}
    return {"resourceType": "ValueSet", "url": f"urn:vs{number}", "status": "active", "compose": compose}


def _validate(system: CodeSystem) -> None:
    library = Library([ready(system), entry_of(_value_set(0, system.codes[0]))])
    members = list(system.tree.below(0) - system.inactive)
    chance = random.Random(2)
    # Every code as often as any other, which no cache of a processor holds; and as codes come, few often.
    chance.shuffle(members)
    seldom = [1 / place for place in range(1, len(members) + 1)]
    drawn = {
        "all codes alike": chance.choices(members, k=CHECKS),
        "the n-th code n times as seldom as the first": chance.choices(members, seldom, k=CHECKS),
    }
    for name, numbers in drawn.items():
        checks = [_check(system, number) for number in numbers]
        asking = partial(LibraryChecks(library).check, checks)
        first, again = timed(asking), timed(asking)
        rates = f"{CHECKS / first:.0f} k/s, again {CHECKS / again:.0f} k/s"
        print(f"$validate-code in an is-a value set, {name}: {rates}")


def _check(system: CodeSystem, number: int) -> Check:
    coding = CodeOf(SNOMED, system.codes[number], display=system.displays[number])
    return Check("Coding", (coding,), "urn:vs0")


def _hierarchy(system: CodeSystem) -> None:
    chance = random.Random(3)
    picked = [chance.randint(1, 5_000) for _ in range(300)]
    value_sets = [entry_of(_value_set(n, system.codes[number])) for n, number in enumerate(picked)]
    library = Library([ready(system), *value_sets])

    def page(n: int) -> object:
        scope = Scope(library, options_of([("count", 100), ("offset", 0)]))
        value_set = scope.value_set(f"urn:vs{n}")
        return value_set and expand(scope, value_set)

    told("is-a page of 100", [timed(partial(page, n)) for n in range(len(picked))])
    scope = Scope(library, options_of(()))
    pairs = [(chance.randrange(len(system)), chance.randrange(5_000)) for _ in range(5_000)]
    codings = [(CodeOf(SNOMED, system.codes[a]), CodeOf(SNOMED, system.codes[b])) for a, b in pairs]
    told("$subsumes", [timed(partial(subsumes, scope, a, b)) for a, b in codings])
    told("$lookup", [timed(partial(look_up, scope, a)) for a, _ in codings])


def _text(system: CodeSystem) -> None:
    chance = random.Random(4)
    whole = {"resourceType": "ValueSet", "url": "urn:all", "compose": {"include": [{"system": SNOMED}]}}
    library = Library([ready(system), entry_of(whole)])

    def found(text: str) -> object:
        scope = Scope(library, options_of([("filter", text), ("count", 20)]))
        value_set = scope.value_set("urn:all")
        return value_set and expand(scope, value_set)

    texts = {
        "filter: two words": [" ".join(chance.choices(WORDS, k=2)) for _ in range(300)],
        "filter: the beginning of a word": [chance.choice(WORDS)[:3] for _ in range(300)],
        "filter: two Chinese characters": ["".join(chance.choices(HAN, k=2)) for _ in range(300)],
        "filter: three pinyin initials": ["".join(chance.choices("jmxzygsxtb", k=3)) for _ in range(300)],
    }
    for name, asked in texts.items():
        told(name, [timed(partial(found, text)) for text in asked])


def _translate(source: CodeSystem, target: CodeSystem) -> None:
    elements = [
        {"code": code, "target": [{"code": target.codes[n], "equivalence": "equivalent"}]}
        for n, code in enumerate(source.codes)
    ]
    group = {"source": source.url, "target": target.url, "element": elements}
    concept_map = concept_map_of({"url": "urn:map", "group": [group]})
    codings = [CodeOf(source.url, code) for code in source.codes[:20_000]]
    library, wanted = Library(), Wanted()
    told("$translate", [timed(partial(translate, library, [concept_map], [c], wanted)) for c in codings])


if __name__ == "__main__":
    main()
