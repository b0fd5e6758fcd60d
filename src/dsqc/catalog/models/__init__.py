"""The catalog's tables, the same on SQLite and PostgreSQL.

What is searched has a column and an index; JSON holds only what the forms define.
"""

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
from dsqc.catalog.models.search import (
    WIDE_METRICS,
    RunSearchRecord,
    RunTextRecord,
    RunTotalRecord,
    SearchValueRecord,
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
    "WIDE_METRICS",
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
    "LeaseRecord",
    "MetricRecord",
    "ObjectCopyRecord",
    "ObjectRecord",
    "ProjectRecord",
    "RunRecord",
    "RunSearchRecord",
    "RunTextRecord",
    "RunTotalRecord",
    "SampleRecord",
    "SearchValueRecord",
    "SubmissionRecord",
]
