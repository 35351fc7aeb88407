"""Whether it was the database that failed, and not what it was asked for. Pure.

https://www.postgresql.org/docs/18/errcodes-appendix.html
"""

import asyncpg


def is_transient(error: BaseException) -> bool:
    """May the same transaction succeed later, although nothing in it changes?"""
    # What asyncpg cannot encode is an InterfaceError too, but stays as it is.
    return not isinstance(error, ValueError | asyncpg.QueryCanceledError) and isinstance(
        error,
        asyncpg.PostgresConnectionError
        | asyncpg.InterfaceError
        | asyncpg.InternalClientError
        | asyncpg.InsufficientResourcesError
        | asyncpg.OperatorInterventionError
        | asyncpg.LockNotAvailableError
        | ConnectionError
        | TimeoutError
        | OSError,
    )
