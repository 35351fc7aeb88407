"""What judging a resource costs: resources a second of CPU time on one core, and other validators beside it.

Run as `python -m benchmarks.validator [--examples FOLDER] [--package FILE.tgz] [--peer PYTHON]`. The Patient
and the Observation are typical ones of our own, judged with all invariants; FOLDER holds examples as
`*.json`; FILE is an implementation guide with snapshots, whose own examples are judged by the profiles they
claim. PYTHON is an interpreter that has fhir.resources (structure alone) and pyrofile-validator (given R4's
definitions). CPU time is that of the process, the median of rounds.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.workload import observation
from exchange.fhirjson import loads
from profiles.definitions import R4, Definitions, definitions
from profiles.packages.package import load_package
from profiles.validator import Validator
from profiles.validator.special import RULES

ROUNDS = 5
SECONDS = 0.5  # of each round at least
ENTRIES = 10_000
NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml"><p><b>Li Na</b> 1980-05-01</p></div>'
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "typical",
    "text": {"status": "generated", "div": NARRATIVE},
    "identifier": [{"use": "official", "system": "urn:oid:1.2.156.10011", "value": "110101198005011234"}],
    "active": True,
    "name": [{"use": "official", "text": "李娜", "family": "李", "given": ["娜"]}],
    "telecom": [{"system": "phone", "value": "13800138000", "use": "mobile"}],
    "gender": "female",
    "birthDate": "1980-05-01",
    "address": [
        {"use": "home", "text": "北京市东城区", "city": "北京", "postalCode": "100010", "country": "CN"}
    ],
    "contact": [{"relationship": [{"text": "配偶"}], "name": {"text": "王伟"}}],
    "managingOrganization": {"reference": "Organization/hospital"},
}
COLD = """
import time, json, sys
from profiles.definitions import definitions
from profiles.validator import Validator
Validator(definitions()).validate(json.loads(sys.argv[1]))
print(time.process_time())
"""
PEERS = """
import json, sys, time
resources = json.load(open(sys.argv[1]))
def speed(name, judge):
    try:
        for one in resources: judge(one)
        count, begin = 0, time.process_time()
        while time.process_time() - begin < 1:
            for one in resources: judge(one)
            count += len(resources)
        print(name, count / (time.process_time() - begin))
    except Exception as error:
        print(name, "failed:", type(error).__name__, str(error)[:80])
try:
    from fhir.resources.R4B import get_fhir_model_class
    speed("fhir.resources", lambda one: get_fhir_model_class(one["resourceType"]).model_validate(one))
except ImportError as error:
    print("fhir.resources", "failed:", error)
try:
    from pyrofile_validator import Validator
    from pyrofile_validator.config import ValidatorConfig
    core = "http://hl7.org/fhir/StructureDefinition/"
    claimed = {one["resourceType"]: [core + one["resourceType"]] for one in resources}
    pyrofile = Validator(ValidatorConfig(local_package_paths=[sys.argv[2]], profiles=claimed))
    speed("pyrofile-validator", pyrofile.validate_resource)
except ImportError as error:
    print("pyrofile-validator", "failed:", error)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=Path, help="a folder of examples, each a *.json")
    parser.add_argument("--package", type=Path, help="an implementation guide with snapshots")
    parser.add_argument("--peer", help="a Python that has fhir.resources and pyrofile-validator")
    arguments = parser.parse_args()
    ours = Validator(definitions(), rules=RULES)
    lab = loads(json.dumps({**observation(random.Random(1), 1), "id": "typical"}).encode())
    for name, sample in (("Patient", PATIENT), ("Observation", lab)):
        told(name, speed([sample], ours.validate), "resources/s")
    bundle_of(lab, ours)
    print(f"{'cold start':32} {cold():10.2f} s")
    if arguments.examples:
        corpus("examples", list(examples(arguments.examples)), ours)
    if arguments.package:
        guide(arguments.package, definitions())
    if arguments.peer:
        peers(arguments.peer, [PATIENT, lab], speed([PATIENT, lab], ours.validate))


def told(name: str, value: float, unit: str) -> None:
    print(f"{name:32} {value:10,.0f} {unit}")


def speed(resources: Sequence[Any], judge: Callable[[Any], Any]) -> float:
    """Resources a second, the median of the rounds; everything is compiled before."""
    for one in resources:
        judge(one)
    return statistics.median(_round(resources, judge) for _ in range(ROUNDS))


def _round(resources: Sequence[Any], judge: Callable[[Any], Any]) -> float:
    count, begin = 0, time.process_time()
    while (spent := time.process_time() - begin) < SECONDS:
        for one in resources:
            judge(one)
        count += len(resources)
    return count / spent


def bundle_of(sample: dict[str, Any], ours: Validator) -> None:
    """A large collection, whose references are looked for among its entries."""
    entries = [
        {"fullUrl": f"https://bench.example/fhir/Observation/{n}", "resource": {**sample, "id": str(n)}}
        for n in range(ENTRIES)
    ]
    begin = time.process_time()
    found = ours.validate({"resourceType": "Bundle", "type": "collection", "entry": entries})
    print(f"{f'Bundle of {ENTRIES}':32} {time.process_time() - begin:10.2f} s, {len(found)} issues")


def cold() -> float:
    """CPU seconds of a process that validates one resource, imports and all."""
    ran = subprocess.run([sys.executable, "-c", COLD, json.dumps(PATIENT)], capture_output=True, check=True)
    return float(ran.stdout)


def examples(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.json")):
        resource = loads(file.read_bytes())
        if "resourceType" in resource:
            yield resource


def corpus(name: str, found: Sequence[dict[str, Any]], ours: Validator) -> None:
    """As files, and as resources, of which a Bundle has many."""
    rate = speed(found, ours.validate)
    inner = sum(len(one.get("entry", ())) + len(one.get("contained", ())) for one in found)
    wrong = sum(any(issue.severity == "error" for issue in ours.validate(one)) for one in found)
    told(
        name,
        rate,
        f"files/s, {rate * (len(found) + inner) / len(found):,.0f} resources/s, {wrong} with errors",
    )
    usual = sorted(found, key=lambda one: len(str(one)))[: len(found) * 99 // 100]
    told(f"{name}, but the largest 1 %", speed(usual, ours.validate), "files/s")


def guide(path: Path, known: Definitions) -> None:
    package = load_package(path)
    ours = Validator(known.and_packages(package), rules=RULES)
    found = [
        package.json(name)
        for name in package.files
        if name.startswith("example/") and name.endswith(".json") and not name.endswith("index.json")
    ]
    claiming = [one for one in found if one.get("meta", {}).get("profile")]
    corpus(path.stem, claiming, ours)


def peers(python: str, samples: Sequence[dict[str, Any]], our_rate: float) -> None:
    """The same Patient and Observation by others, in this run."""
    told("Patient and Observation: ours", our_rate, "resources/s")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(samples, file, default=float)
        file.flush()
        ran = subprocess.run(
            [python, "-c", PEERS, file.name, str(R4)], capture_output=True, text=True, check=False
        )
    for line in ran.stdout.splitlines():
        name, _, rate = line.partition(" ")
        if name in ("fhir.resources", "pyrofile-validator") and rate.replace(".", "").isdigit():
            told(name, float(rate), f"resources/s: ours is {our_rate / float(rate):,.1f} times as fast")
        elif "failed" in line:
            print(line)


if __name__ == "__main__":
    main()
