"""Alembic environment of the catalog; run through the API with an open connection (``dsqc.catalog.database``)."""

from alembic import context

from dsqc.catalog.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
