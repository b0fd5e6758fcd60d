"""How PostgreSQL is asked to work on the questions of this package."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def without_jit(session: Session) -> None:
    """Have PostgreSQL compile no query of this transaction: that takes longer than the questions asked here."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL jit = off"))
