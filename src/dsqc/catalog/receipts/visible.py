"""What of a record may leave the station: attributes by the ``visibility`` that the form gives them.

``dsqc.catalog.access.public_view`` decides it for the whole catalog; this is the same for what receipts show.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.resolve import is_secret
from dsqc.errors import UsageError
from dsqc.forms import Form, People, Visibility, compose

Attributes = dict[str, Any]


class Visible:
    """What of the attributes of one submission anybody may see.

    Attributes:
        titles_only: whether it belongs to a security project, of which nothing but the titles is public.
    """

    def __init__(self, record: SubmissionRecord, *, with_contacts: bool = False) -> None:
        self._form = _form(record)
        self._with_contacts = with_contacts
        secret = is_secret(record.project_attributes)
        self.titles_only = secret or (record.project is not None and is_secret(record.project.attributes))

    def of(self, sheet: str, attributes: Mapping[str, Any]) -> Attributes:
        """The public attributes of a row of ``sheet``, in the order of the form; nothing of what the form lacks."""
        if self.titles_only or self._form is None:
            return {}
        return {name: attributes[name] for name in self._names(self._form, sheet) if attributes.get(name)}

    def _names(self, form: Form, sheet: str) -> Iterator[str]:
        for name, attribute in form.columns(sheet).items():
            contact = People.CONTACT in attribute.people and not self._with_contacts
            if attribute.visibility is Visibility.PUBLIC and not contact:
                yield name


def _form(record: SubmissionRecord) -> Form | None:
    """The form of the version that was filled in; where that is not there any more, nothing is known to be public."""
    if not record.form_version:
        return None
    try:
        return compose(record.research_field, record.package, record.form_version)
    except UsageError:
        return None
