"""Whether a submission is closed, told by its forms before the first byte of its data travels."""

from dsqc.forms import vocabulary
from dsqc.model import Access, Submission


def is_closed(submission: Submission) -> bool | None:
    """Whether the data is closed; ``None`` where the submission sheet says something that is no access level.

    The rules judge the same cell later, and set its spelling right; what they take for closed is closed here too. A
    word that nobody understands may be meant so: the rules return the submission, and until then it is kept as closed
    wherever that can be done.
    """
    words = vocabulary("access_level")
    found: bool | None = False
    for value in filter(None, (row.get("access_level") for row in submission.rows("submission"))):
        match = words.lookup(value)
        if match is None:
            found = None
        elif match.term.term == Access.CLOSED.value:
            return True
    return found
