"""Which attributes of a form may leave the station, of submissions that are public (``dsqc.catalog.access``)."""

import functools

from dsqc.errors import UsageError
from dsqc.forms import People, Visibility, compose


@functools.lru_cache(maxsize=512)
def shown_attributes(form: str, version: str, package: str, sheet: str) -> frozenset[str]:
    """Names of the attributes of a sheet that may leave: public ones, and none that names who answers for the data.

    What the form does not know is not among them, and a form that cannot be composed shows nothing.
    """
    try:
        columns = compose(form, package, version or None).columns(sheet)
    except UsageError:
        return frozenset()
    return frozenset(
        name
        for name, attribute in columns.items()
        if attribute.visibility is Visibility.PUBLIC and People.CONTACT not in attribute.people
    )
