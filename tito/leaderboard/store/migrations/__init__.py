"""Migrations of the database, which alembic runs."""
