"""What Alembic runs: the migrations, on the connection that `classroom.database` hands over."""

from alembic import context

from mnist_core.classroom.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # also on SQLite: all of a migration, or nothing
)
with context.begin_transaction():
    context.run_migrations()
