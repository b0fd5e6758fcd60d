"""The catalog: models and migrations, states and events, accessions, leases, queries and export.

Stages and commands import it; SQLAlchemy is loaded with it, so a command does so inside ``run``. Example::

    with Catalog.open(station) as catalog, catalog.reading() as session: search(session, Query(organism="Homo sapiens"))
"""
