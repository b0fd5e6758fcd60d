"""What all tables have in common."""

from typing import Any

from sqlalchemy import JSON, MetaData
from sqlalchemy.orm import DeclarativeBase

Attributes = dict[str, Any]


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that migrations can drop what they made on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {Attributes: JSON}  # noqa: RUF012  SQLAlchemy reads this as a class attribute
