"""Why a caller is turned away, and the challenge that says so.

https://www.rfc-editor.org/rfc/rfc6750#section-3
"""

REALM = 'Bearer realm="yilian"'


class Refusal(Exception):
    """The caller may not do this."""

    status = 401

    @property
    def challenge(self) -> str:
        """The value of WWW-Authenticate."""
        return REALM


class TokenRequired(Refusal):
    """A bearer token is required: Authorization: Bearer <token>."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class InvalidToken(Refusal):
    """The token is refused; `reason` never repeats what the caller sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The token is refused: {reason}.")
        self.reason = reason

    @property
    def challenge(self) -> str:
        return f'{REALM}, error="invalid_token", error_description="{self.reason}"'


class UnknownSigner(InvalidToken):
    """The token's key or client is not known; it may be younger than what was read of the database."""


class InsufficientScope(Refusal):
    """The token is good, but its scopes do not reach this far."""

    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(f"The token's scopes do not permit this: it takes {scope}.")
        self.scope = scope

    @property
    def challenge(self) -> str:
        return f'{REALM}, error="insufficient_scope", scope="{self.scope}"'
