"""Run as a script in a new process: take an account PostgreSQL accepts, die with the hub, then exec.

https://www.postgresql.org/docs/18/server-start.html

`python -I -S launch.py PARENT ACCOUNT PROGRAM ARGUMENT…`, where ACCOUNT is `own`, `mapped:UID` (a new user
namespace in which we appear as UID while files stay ours) or `other:UID:GID`. It is a process of its own
because code between fork and exec in a process with threads may meet a lock that nobody will release.
"""

import ctypes
import os
import signal
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def map_account(inside: str) -> None:
    """Enter a user namespace where our own uid and gid are those of an ordinary account."""
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise SystemExit("user namespaces are not allowed here")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {uid} 1"),
        ("gid_map", f"{inside} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def drop_to(uid: str, gid: str) -> None:
    """Become another account for good."""
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))


def die_with(parent: int) -> None:
    """Ask the kernel for a fast shutdown (SIGINT) when the hub ends, even by `kill -9`.

    A change of account clears the request, so this comes after it; the hub may have ended before.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGINT))
    if os.getppid() != parent:
        raise SystemExit("the process that asked for PostgreSQL is gone")


def main(parent: str, account: str, program: str, *arguments: str) -> None:
    """Never returns."""
    os.umask(0o077)
    kind, *ids = account.split(":")
    if kind == "mapped":
        map_account(*ids)
    elif kind == "other":
        drop_to(*ids)
    if not os.access(program, os.X_OK):
        raise SystemExit(f"account {os.geteuid()} may not run {program}: a folder above it is closed to it")
    die_with(int(parent))
    os.execv(program, [program, *arguments])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
