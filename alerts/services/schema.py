"""Whether the database has the shape that this code expects."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def unapplied() -> list[str]:
    """Return the names of the migrations this code has and the database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
