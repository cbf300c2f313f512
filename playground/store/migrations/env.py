"""What Alembic runs for every migration; the connection is handed over by `playground.store.database`."""

from alembic import context

from playground.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
