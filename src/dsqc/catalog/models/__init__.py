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
from dsqc.catalog.models.curation import CurationCaseRecord, CurationOpinionRecord, CurationReasonRecord
from dsqc.catalog.models.exchange import (
    ForeignRecord,
    ForeignRelationRecord,
    ReceivedPackageRecord,
    SharedPackageRecord,
    SharedVersionRecord,
)
from dsqc.catalog.models.goals import (
    SCOPES,
    CentreFigureRecord,
    QualityDistributionRecord,
    QualityReferenceRecord,
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
from dsqc.catalog.models.receipts import CertificateRecord, DistrustedKeyRecord, ReviewerLinkRecord
from dsqc.catalog.models.search import (
    WIDE_METRICS,
    RunSearchRecord,
    RunTextRecord,
    SearchValueRecord,
)
from dsqc.catalog.models.stored import (
    ARCHIVE_ENCODINGS,
    EncryptionHeaderRecord,
    FixityEventRecord,
    ObjectCopyRecord,
    ObjectRecord,
)
from dsqc.catalog.models.totals import RunTotalRecord, StoredTotalRecord, SubmissionTotalRecord
from dsqc.catalog.models.versions import (
    AgreementAccessionRecord,
    AgreementRecord,
    FingerprintRecord,
    ObjectVersionRecord,
    PendingVersionRecord,
    ReplacedFileRecord,
    WithdrawalRecord,
)

__all__ = [
    "ARCHIVE_ENCODINGS",
    "SCOPES",
    "WIDE_METRICS",
    "AccessEntryRecord",
    "AccessionCounterRecord",
    "AccountRecord",
    "AgreementAccessionRecord",
    "AgreementRecord",
    "Attributes",
    "AuditEventRecord",
    "Base",
    "CentreFigureRecord",
    "CertificateRecord",
    "CurationCaseRecord",
    "CurationOpinionRecord",
    "CurationReasonRecord",
    "DataFileRecord",
    "DecisionRecord",
    "DisclosureRecord",
    "DistrustedKeyRecord",
    "EncryptionHeaderRecord",
    "EventRecord",
    "ExperimentRecord",
    "FindingRecord",
    "FingerprintRecord",
    "FixityEventRecord",
    "ForeignAccessionRecord",
    "ForeignRecord",
    "ForeignRelationRecord",
    "LeaseRecord",
    "LogInFailureRecord",
    "MetricRecord",
    "NoticeRecord",
    "ObjectCopyRecord",
    "ObjectRecord",
    "ObjectVersionRecord",
    "PendingVersionRecord",
    "ProjectRecord",
    "QualityDistributionRecord",
    "QualityReferenceRecord",
    "ReceivedPackageRecord",
    "ReleaseProposalRecord",
    "ReplacedFileRecord",
    "ReviewerLinkRecord",
    "RunRecord",
    "RunSearchRecord",
    "RunTextRecord",
    "RunTotalRecord",
    "SampleRecord",
    "SearchValueRecord",
    "SharedPackageRecord",
    "SharedVersionRecord",
    "StoredTotalRecord",
    "SubmissionRecord",
    "SubmissionTotalRecord",
    "WebSessionRecord",
    "WithdrawalRecord",
]
