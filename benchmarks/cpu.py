"""CPU time that processes have used, from Linux's /proc.

https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

import os
from collections.abc import Iterator
from pathlib import Path


def of_process(pid: int) -> float:
    """Seconds of one process."""
    return sum(_fields(pid)[11:13]) / _ticks()


def of_family(parent: int) -> float:
    """Seconds of a process, of its children, and of those children that it has seen end."""
    living = sum(sum(fields[11:13]) for fields in _all() if fields[1] == parent)
    return (living + sum(_fields(parent)[11:15])) / _ticks()


def _all() -> Iterator[list[int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield _fields(int(entry.name))
            except OSError:
                continue


def _fields(pid: int) -> list[int]:
    """The fields after the command's name and the state, so [0] is field 3; the state counts as 0."""
    text = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, text[1:])]


def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")
