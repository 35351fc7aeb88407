"""`yilian serve`: the hub itself."""

from exchange.commands.connected import from_environment


def serve() -> None:
    """Run the hub: HTTP, MLLP, and the embedded database unless one is configured. Ctrl-C stops it."""
    from exchange import server  # the other commands need none of what this loads

    server.serve(from_environment())
