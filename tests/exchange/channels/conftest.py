"""The hub of messages, for channels that bring them."""

from tests.exchange.inbound.conftest import hub, open_with, reception

__all__ = ["hub", "open_with", "reception"]
