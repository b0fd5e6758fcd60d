"""review: links that show a reviewer metadata and quality of a registered submission, and the same as a page."""

from pathlib import Path

from dsqc.artefact import write_text
from dsqc.catalog.database import Catalog
from dsqc.catalog.receipts.reviewer_links import NewLink, create_link, registered_submission, review_of
from dsqc.catalog.registering import Actor
from dsqc.report import review_page
from dsqc.station import Station


def make_link(name: str, days: int, station: Station, actor: Actor, *, html: Path | None = None) -> NewLink:
    """Make a link to the submission that ``name`` belongs to; with ``html``, write what it shows as one page, first.

    Raises:
        UsageError: there is no such submission, it is not registered, or the time is out of bounds.
        CatalogFault, StorageFault: the catalog or the disk refused.
    """
    with Catalog.open(station) as catalog:
        if html is not None:
            with catalog.reading() as session:
                view = review_of(session, registered_submission(session, name))
            write_text(html, review_page.render(view))
        return catalog.write(lambda session: create_link(session, name, days, actor))
