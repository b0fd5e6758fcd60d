"""Searching the catalog: a query language, the index that answers it, the pages of what is found.

::

    query = Query('organism:"Oryza sativa" package:Plant q30>=0.8', limit=100)
    found = find(session, query, facets=("platform",))
    rows = full_rows(session, found.run_ids, everything=query.everything)
"""

from dsqc.catalog.search.finding import Found, Query, count, find, search
from dsqc.catalog.search.parsing import QueryError, parse
from dsqc.catalog.search.rows import Column, ResultRow, choose_columns, full_rows, table_rows

__all__ = [
    "Column",
    "Found",
    "Query",
    "QueryError",
    "ResultRow",
    "choose_columns",
    "count",
    "find",
    "full_rows",
    "parse",
    "search",
    "table_rows",
]
