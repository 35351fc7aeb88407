"""Alembic's entry: the caller gives the open connection and owns the transaction.

https://alembic.sqlalchemy.org/en/latest/api/ddl.html
"""

from typing import Any

from alembic import context
from alembic.ddl.postgresql import PostgresqlImpl


class ScriptImpl(PostgresqlImpl):
    """Runs a migration's SQL text as one script: asyncpg prepares a single statement at a time otherwise."""

    __dialect__ = "postgresql"

    def execute(self, sql: Any, execution_options: dict[str, Any] | None = None) -> None:
        if not isinstance(sql, str) or self.connection is None:
            super().execute(sql, execution_options)
            return
        driver: Any = self.connection.connection.dbapi_connection
        driver.run_async(lambda connection: connection.execute(sql))


context.configure(connection=context.config.attributes["connection"], target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
