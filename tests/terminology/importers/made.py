"""What importers' tests share: files of our own making, and the code system that comes of a release."""

from collections.abc import Mapping
from pathlib import Path

from terminology.code_system import CodeSystem
from terminology.importers.files import Files
from terminology.importers.release import Release
from terminology.packed import assembled, parts


def system_of(release: Release) -> CodeSystem:
    """By the way that it takes through the database."""
    return assembled(release.header, parts(release.concepts()))


def written(folder: Path, texts: Mapping[str, str]) -> Files:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Files(folder)


def hush(file: str, lines: int) -> None:
    """Hears how far a file is read."""


def below(system: CodeSystem, code: str) -> list[str]:
    number = system.number(code)
    assert number is not None, code
    return [system.codes[n] for n in system.tree.below(number)]


def display(system: CodeSystem, code: str) -> str:
    number = system.number(code)
    assert number is not None, code
    return system.displays[number]


def values(system: CodeSystem, code: str, name: str) -> list[object]:
    number = system.number(code)
    assert number is not None, code
    return [each.value for each in system.properties(number) if each.code == name]
