"""The catalog's tables, the same on SQLite and PostgreSQL.

What is searched has a column and an index; JSON holds only what the forms define.
"""

from dsqc.catalog.models.access import (
    AccessEntryRecord,
    DisclosureRecord,
    NoticeRecord,
    ReleaseProposalRecord,
)
from dsqc.catalog.models.accounts import (
    AccountRecord,
    AuditEventRecord,
    LogInFailureRecord,
    WebSessionRecord,
)
from dsqc.catalog.models.base import Attributes, Base
from dsqc.catalog.models.history import (
    AccessionCounterRecord,
    DecisionRecord,
    EventRecord,
    LeaseRecord,
)
from dsqc.catalog.models.metadata import (
    DataFileRecord,
    ExperimentRecord,
    FindingRecord,
    ForeignAccessionRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.models.stored import (
    ARCHIVE_ENCODINGS,
    EncryptionHeaderRecord,
    FixityEventRecord,
    ObjectCopyRecord,
    ObjectRecord,
)

__all__ = [
    "ARCHIVE_ENCODINGS",
    "AccessEntryRecord",
    "AccessionCounterRecord",
    "AccountRecord",
    "Attributes",
    "AuditEventRecord",
    "Base",
    "DataFileRecord",
    "DecisionRecord",
    "DisclosureRecord",
    "EncryptionHeaderRecord",
    "EventRecord",
    "ExperimentRecord",
    "FindingRecord",
    "FixityEventRecord",
    "ForeignAccessionRecord",
    "LeaseRecord",
    "LogInFailureRecord",
    "MetricRecord",
    "NoticeRecord",
    "ObjectCopyRecord",
    "ObjectRecord",
    "ProjectRecord",
    "ReleaseProposalRecord",
    "RunRecord",
    "SampleRecord",
    "SubmissionRecord",
    "WebSessionRecord",
]
