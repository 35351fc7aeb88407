"""Which edition the files are, by the modules that depend on each other.

https://confluence.ihtsdotools.org/display/DOCRELFMT/5.2.4.2+Module+Dependency+Reference+Set
"""

from typing import Final

from terminology.importers.files import Files
from terminology.importers.release import Tell, UnusableFile
from terminology.importers.rf2_components import Component, components
from terminology.naming import SNOMED_CT

DEPENDENCIES: Final = Component(
    "der2_ssRefset_ModuleDependency",
    (
        *("id", "effectiveTime", "active", "moduleId", "referencedComponentId"),
        *("sourceEffectiveTime", "targetEffectiveTime"),
    ),
)


def edition(files: Files, tell: Tell) -> str:
    """`http://snomed.info/sct/MODULE/version/DATE` of the module that no other needs. Raises UnusableFile."""
    times: dict[str, str] = {}
    needed: dict[str, tuple[str, str]] = {}
    for _, _, active, module, other, time, wanted in components(files, DEPENDENCIES, tell, needed=False):
        if active == "1":
            times[module] = max(time, times.get(module, ""))
            needed[other] = max((wanted, module), needed.get(other, ("", "")))
    tops = sorted(set(times) - set(needed), key=lambda module: times[module])
    if not tops:
        raise UnusableFile("the files do not say which edition they are: give --version")
    for module, (time, by) in needed.items():
        if module in times and times[module] < time:
            raise UnusableFile(f"module {by} needs module {module} of {time}, here it is of {times[module]}")
    return f"{SNOMED_CT}/{tops[-1]}/version/{times[tops[-1]]}"
