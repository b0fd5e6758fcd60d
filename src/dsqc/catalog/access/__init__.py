"""Who may see what of the catalog, and when it becomes public.

:func:`public_view` decides what may be told of a record; everything that leaves the station asks it, or filters rows by
:func:`is_public` and its neighbours first. Example::

    view = public_view(session, run)            # None: the station does not even say that it exists
    rows = session.scalars(select(SubmissionRecord).where(is_public()))
"""

from dsqc.catalog.access.conditions import (
    has_public_data,
    is_described,
    is_listed,
    is_public,
    is_secret_project,
    is_titled,
)
from dsqc.catalog.access.view import PUBLIC, Audience, PublicView, Standing, public_view, view_by_accession
from dsqc.catalog.access.visible import visible_attributes

__all__ = [
    "PUBLIC",
    "Audience",
    "PublicView",
    "Standing",
    "has_public_data",
    "is_described",
    "is_listed",
    "is_public",
    "is_secret_project",
    "is_titled",
    "public_view",
    "view_by_accession",
    "visible_attributes",
]
