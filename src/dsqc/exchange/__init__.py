"""Public records for others: packages between centres, INSDC XML, the columns of K-BDS.

Whatever leaves here is made of :mod:`dsqc.exchange.records`, which sees public records only. Example::

    with Catalog.open(station) as catalog:
        export_package(catalog, "NABIC", Path("to-nabic.zip"), key)
"""
