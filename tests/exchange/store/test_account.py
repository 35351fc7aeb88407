"""The launcher takes the account it is told, and starts nothing for a parent that is gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.store.account import LAUNCH, Account, choose_account, launch_command, settle
from exchange.store.embedded import program

ID = Path("/usr/bin/id")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may take other accounts")


def uid_under(account: Account) -> str:
    return subprocess.run(
        launch_command(account, ID, "-u"), capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_chosen_account_is_not_root_and_owns_what_we_own() -> None:
    account = choose_account(program("postgres"))
    assert uid_under(account) != "0"
    if account.word.startswith("mapped"):
        assert account.uid == os.geteuid()


@as_root
def test_an_unprivileged_account_is_taken_for_good() -> None:
    assert uid_under(Account("other:65534:65534", 65534, 65534)) == "65534"


@as_root
def test_a_program_that_the_account_may_not_reach_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "tool").write_text("#!/bin/sh\n")
    (closed / "tool").chmod(0o755)
    command = launch_command(Account("other:65534:65534", 65534, 65534), closed / "tool")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "account 65534 may not run" in done.stderr


@as_root
def test_a_tree_changes_hands_with_the_account(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("")
    settle(tmp_path, Account("other:65534:65534", 65534, 65534))
    assert {path.stat().st_uid for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")} == {65534}


def test_nothing_starts_for_a_parent_that_is_gone() -> None:
    command = [sys.executable, "-I", "-S", str(LAUNCH), "1", "own", str(ID), "-u"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert "is gone" in done.stderr
