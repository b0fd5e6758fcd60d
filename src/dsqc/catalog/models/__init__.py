"""The catalog's tables, the same on SQLite and PostgreSQL.

What is searched has a column and an index; JSON holds only what the forms define.
"""

from dsqc.catalog.models.base import Attributes, Base
from dsqc.catalog.models.exchange import (
    ForeignRecord,
    ForeignRelationRecord,
    ReceivedPackageRecord,
    SharedPackageRecord,
    SharedVersionRecord,
)
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
    "AccessionCounterRecord",
    "Attributes",
    "Base",
    "DataFileRecord",
    "DecisionRecord",
    "EncryptionHeaderRecord",
    "EventRecord",
    "ExperimentRecord",
    "FindingRecord",
    "FixityEventRecord",
    "ForeignAccessionRecord",
    "ForeignRecord",
    "ForeignRelationRecord",
    "LeaseRecord",
    "MetricRecord",
    "ObjectCopyRecord",
    "ObjectRecord",
    "ProjectRecord",
    "ReceivedPackageRecord",
    "RunRecord",
    "SampleRecord",
    "SharedPackageRecord",
    "SharedVersionRecord",
    "SubmissionRecord",
]
