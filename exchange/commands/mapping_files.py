"""Hospitals' files as they are and as a candidate would make them: checked, told, put in force."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.checking import checked, unused_levels
from adapters.hospitals.effect import effects
from adapters.hospitals.folder import FOLDERS, Book, Texts, file_of, texts_of
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.hospitals.level import FORMS
from adapters.library import Library, library
from adapters.mapping.difference import Difference
from adapters.mapping.fault import Fault, MapError
from exchange.commands.refused import Refused
from exchange.inbound.hospital_files import STATUS, digest_of
from exchange.settings import Settings
from profiles.definitions import definitions


@dataclass(frozen=True, slots=True)
class Checked:
    """`notes` are what is odd but no fault."""

    faults: Sequence[Fault]
    notes: Sequence[str]
    files: int
    hospitals: int


def checked_files(settings: Settings, path: Path | None) -> Checked:
    """Of a folder; of one file, the faults that stand in it, beside the other files of its folder."""
    texts, only = _texts(settings, path)
    book = checked(texts, library(definitions()))
    faults = [fault for fault in book.faults if not only or fault.place.file == only]
    notes = [f"{level.place.file}: no hospital has it" for level in unused_levels(book)]
    return Checked(faults, () if only else notes, 1 if only else len(texts), len(book.hospitals))


def effective(settings: Settings, hospital: str, candidate: Path | None) -> list[Difference]:
    """What each level of the hospital sets. Raises MapError for what cannot work."""
    maps = library(definitions())
    meant = hospital_in(book_with(settings, hospital, candidate, maps), settings, hospital)
    return effects(meant, {form: maps.compilations(form).base for form in FORMS})


def book_with(settings: Settings, hospital: str, candidate: Path | None, maps: Library) -> Book:
    """The folder with the candidate in its place. Raises MapError, or Refused for somebody else's file."""
    texts = dict(_folder_texts(settings.hospitals))
    if candidate is not None:
        texts |= _placed(texts, candidate, hospital)
    book = checked(texts, maps)
    if book.faults:
        raise MapError(book.faults)
    return book


def hospital_in(book: Book, settings: Settings, hospital: str) -> Hospital:
    """A hospital that a file describes, with the systems of the deployment."""
    known = Hospitals(settings.base, book.hospitals).registered
    found = next((each for each in known if each.id == hospital), None)
    if found is None:
        raise Refused(f"no file describes the hospital {hospital}")
    return found


def put(settings: Settings, candidate: Path) -> Sequence[Fault]:
    """Writes the candidate into the folder, whole or not at all; keeps what was there beside it."""
    folder = settings.hospitals
    if folder is None or not folder.is_dir():
        raise Refused("no folder of hospitals' files: set YILIAN_HOSPITALS")
    texts = texts_of(folder)
    [(name, said)] = _placed(texts, candidate, None).items()
    if faults := checked({**texts, name: said}, library(definitions())).faults:
        return faults
    target = folder / name
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        target.with_name(f"{target.name}.before").write_bytes(target.read_bytes())
    beside = target.with_name(f"{target.name}.new")
    beside.write_text(said, "utf-8")
    os.replace(beside, target)
    return ()


def awaited(settings: Settings, seconds: float) -> bool:
    """Whether a hub says in time that it looked at the files as they are."""
    assert settings.hospitals is not None
    wanted = digest_of(texts_of(settings.hospitals))
    end = time.monotonic() + seconds
    while True:
        if _seen(settings.data_dir / STATUS) == wanted:
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.2)


def _seen(status: Path) -> str:
    try:
        told = json.loads(status.read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(told.get("digest", "")) if isinstance(told, dict) and not told.get("faults") else ""


def _texts(settings: Settings, path: Path | None) -> tuple[Texts, str]:
    """The files to be checked, and the one of them that is meant."""
    if path is None:
        if settings.hospitals is None:
            raise Refused("name a folder or a file, or set YILIAN_HOSPITALS")
        return _folder_texts(settings.hospitals), ""
    if path.is_dir():
        return texts_of(path), ""
    if not path.is_file():
        raise Refused(f"{path} is no file")
    absolute = path.resolve()
    name = _name(absolute)
    folder = absolute.parents[1 if "/" in name else 0]
    return {**texts_of(folder), name: _read(path)}, name


def _folder_texts(folder: Path | None) -> Texts:
    if folder is None:
        return {}
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder")
    return texts_of(folder)


def _placed(texts: Texts, candidate: Path, hospital: str | None) -> dict[str, str]:
    """The candidate's text by its place in the folder: a layer's by its folder, a hospital's by its id."""
    if not candidate.is_file():
        raise Refused(f"{candidate} is no file")
    said, name = _read(candidate), _name(candidate.resolve())
    if "/" in name:
        return {name: said}
    id_, place = file_of(texts, said)
    if hospital is not None and id_ != hospital:
        raise Refused(f"the file is of {id_ or 'nobody'}, not of {hospital}")
    return {place: said}


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}" if path.parent.name in FOLDERS else path.name


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{path} is not text in UTF-8") from None
