"""The curators' part of the catalog: cases and their order, reasons, opinions, what a new version answered, agreement.

Imported by the catalog's own modules and by stages; each case is about one verdict::

    from dsqc.catalog.curation.queue import waiting
    with catalog.reading() as session:
        rows = waiting(session, now())
"""
