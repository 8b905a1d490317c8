"""What Alembic runs: the migrations, on the connection it is handed."""

from alembic import context

from storage.tables import Base


def run() -> None:
    """Run the migrations on the connection in Alembic's configuration."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
