"""How files are cut into chunks, and chunks into lines."""

import bz2
import gzip
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.loading import chunks as chunks_module
from exchange.loading.chunks import Chunk, are_lines, chunks_of, lines_of
from exchange.loading.sources import NothingThere, Source, sources_of

PACKINGS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chunks")


def source(folder: Path, content: bytes, packing: str = "") -> Source:
    path = folder / f"lines.ndjson{packing}"
    path.write_bytes(PACKINGS[packing](content))
    return Source(path, path.stat().st_size)


def test_files_are_sorted_and_taken_once(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    for name in ("b.json", "a.ndjson.gz", "c.JSON.bz2", "d.jsonl", "notes.txt", "e.json.zip"):
        (folder / name).write_bytes(b"")
    found = sources_of([tmp_path, folder / "notes.txt", folder / "b.json"])
    names = [source.path.name for source in found]
    assert names == ["a.ndjson.gz", "b.json", "c.JSON.bz2", "d.jsonl", "notes.txt"]
    with pytest.raises(NothingThere):
        sources_of([tmp_path / "missing"])


def test_a_file_is_known_by_what_it_is(tmp_path: Path) -> None:
    first = source(tmp_path, b"{}\n")
    known = first.fingerprint()
    assert first.fingerprint() == known
    assert source(tmp_path, b"[]\n").fingerprint() != known


LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=30)


@given(
    lines=LINES,
    end=st.sampled_from((b"", b"\n")),
    size=st.integers(1, 40),
    packing=st.sampled_from(sorted(PACKINGS)),
    done=st.sets(st.integers(0, 20)),
)
def test_chunks_are_whole_lines_and_all_of_them(
    folder: Path, lines: list[bytes], end: bytes, size: int, packing: str, done: set[int]
) -> None:
    """Also if some of them are stored already, and however they were cut then."""
    content = b"\n".join(lines) + end
    of = source(folder, content, packing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks_module, "CHUNK_BYTES", size)
        whole = list(chunks_of(0, of))
        patch.setattr(chunks_module, "CHUNK_BYTES", size // 2 + 1)
        stored = [chunk for number, chunk in enumerate(whole) if number in done]
        rest = list(chunks_of(0, of, stored))
    for cut in (whole, sorted([*stored, *rest], key=lambda chunk: chunk.start)):
        assert b"".join(chunk.read() for chunk in cut) == content
        assert all(chunk.read().endswith(b"\n") for chunk in cut[:-1])
        counts = [chunk.lines for chunk in cut]
        assert [chunk.first_line for chunk in cut] == [1 + n for n in accumulate(counts, initial=0)][
            : len(cut)
        ]
        assert sum(chunk.size for chunk in cut) == len(content)
    assert sum(chunk.covers for chunk in whole) <= of.size


def test_a_line_longer_than_a_chunk_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "CHUNK_BYTES", 10)
    cut = list(chunks_of(0, source(tmp_path, b"a\n" + b"b" * 100 + b"\nc\nd")))
    assert [chunk.read() for chunk in cut] == [b"a\n", b"b" * 100 + b"\n", b"c\nd"]


def test_a_document_is_one_chunk_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b"{\n}"))
    of = Source(path, path.stat().st_size)
    (chunk,) = chunks_of(3, of)
    assert (chunk.source, chunk.read(), chunk.covers) == (3, b"{\n}", of.size)
    assert list(chunks_of(3, of, [chunk])) == []


def test_lines_have_their_numbers() -> None:
    text = b"\xef\xbb\xbf{1}\r\n\r\n  \n{2} \n\n{3}"
    assert list(lines_of(text, 1)) == [(1, b"{1}"), (4, b"{2}"), (6, b"{3}")]
    assert list(lines_of(b"{1}", 7)) == [(7, b"{1}")]


def test_lines_under_another_name_are_known() -> None:
    assert are_lines(b'{"a":1}\n{"b":')
    assert not are_lines(b'{"a":\n{"b":1}}')
    assert not are_lines(b'{"a":1}\n')


def test_a_chunk_does_not_show_what_it_holds() -> None:
    assert "secret" not in repr(Chunk(0, Path("a"), raw=b"secret"))
