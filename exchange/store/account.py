"""The account the embedded PostgreSQL runs under: it refuses uid 0 and accounts without a name.

https://www.postgresql.org/docs/18/postgres-user.html
"""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Account:
    """How `launch.py` is told the account, and who then owns the files as we see them."""

    word: str
    uid: int
    gid: int


def launch_command(account: Account, program: Path, *arguments: str) -> list[str]:
    """The command that runs the program under the account as a child of this very process."""
    return [
        sys.executable,
        "-I",
        "-S",
        str(LAUNCH),
        str(os.getpid()),
        account.word,
        str(program),
        *arguments,
    ]


def choose_account(program: Path) -> Account:
    """Our own account if PostgreSQL accepts it, else a mapped one, else (as root) an unprivileged one."""
    uid, gid = os.geteuid(), os.getegid()
    names = {entry.pw_uid: entry for entry in pwd.getpwall()}
    if uid != 0 and uid in names:
        return Account("own", uid, gid)
    inside = min((known for known in names if known not in (0, NOBODY)), default=NOBODY)
    mapped = Account(f"mapped:{inside}", uid, gid)
    if _works(mapped, program) or uid != 0:
        return mapped
    other = next((e for e in names.values() if e.pw_name == "postgres"), names.get(NOBODY) or names[inside])
    return Account(f"other:{other.pw_uid}:{other.pw_gid}", other.pw_uid, other.pw_gid)


def settle(folder: Path, account: Account) -> None:
    """Give a tree to the account, when an earlier run used another one."""
    if folder.stat().st_uid == account.uid:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _works(account: Account, program: Path) -> bool:
    command = launch_command(account, program, "--version")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
