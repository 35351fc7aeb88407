"""The one exception that a command raises on purpose."""


class Refused(Exception):
    """The command cannot be carried out as asked; the text says why, and what to do."""
