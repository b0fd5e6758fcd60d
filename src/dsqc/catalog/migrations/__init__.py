"""Alembic environment of the catalog."""
