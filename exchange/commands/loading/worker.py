"""A worker process: reads units from standard input, prepares them, writes to standard output.

`python -m exchange.commands.loading.worker BASE`; it ends when its input does.
"""

import gc
import signal
import sys
from typing import BinaryIO

from exchange.commands.loading.conversation import LENGTH, Answer, Question, Spoken, packed, unpacked
from exchange.commands.loading.files import Unit
from exchange.commands.loading.preparation import Prepared, compile_rules, prepare, read


def work(source: BinaryIO, sink: BinaryIO, base: str) -> None:
    """Unit → Question, Answer → Prepared, until the source ends."""
    rules = compile_rules(base)
    while (unit := _heard(source)) is not None:
        assert isinstance(unit, Unit)
        reading = read(unit)
        _say(sink, Question(reading.declared(), frozenset(reading.asked())))
        answer = _heard(source)
        if not isinstance(answer, Answer):
            return
        aside = answer.matches is None
        _say(sink, Prepared((), ()) if aside else prepare(unit, reading, answer.matches or {}, rules))


def _heard(source: BinaryIO) -> Spoken | None:
    head = source.read(LENGTH.size)
    return unpacked(source.read(LENGTH.unpack(head)[0])) if len(head) == LENGTH.size else None


def _say(sink: BinaryIO, said: Spoken) -> None:
    sink.write(packed(said))
    sink.flush()


if __name__ == "__main__":
    gc.disable()  # a unit's resources are trees, which need no collector, and many
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which then ends our input
    work(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1])
