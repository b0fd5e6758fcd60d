"""Which attributes of a form may be shown to whom: what ``visibility`` of the form's attributes says."""

import functools

from dsqc.errors import UsageError
from dsqc.forms import Visibility, compose

EVERYBODY = frozenset({Visibility.PUBLIC})
READERS = frozenset({Visibility.PUBLIC, Visibility.CONTROLLED})
"""What readers with rights see. Attributes that are ``closed`` are shown to nobody outside the station."""


@functools.lru_cache(maxsize=512)
def visible_attributes(
    form: str, version: str, package: str, sheet: str, shown: frozenset[Visibility] = EVERYBODY
) -> frozenset[str]:
    """Names of the attributes of a sheet whose values may be shown.

    What the form does not know is not among them, and a form that this version of dsqc cannot compose shows nothing.

    Args:
        form: id of the research field that the record was registered with.
        version: of that form.
        package: BioSample package.
        sheet: one of the six sheets.
        shown: visibilities that the reader may see.
    """
    if not version:
        return frozenset()
    try:
        columns = compose(form, package, version).columns(sheet)
    except UsageError:
        return frozenset()
    return frozenset(name for name, attribute in columns.items() if attribute.visibility in shown)
