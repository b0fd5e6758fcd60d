"""What objects were before they were corrected, withdrawals, fingerprints of reads, and agreements."""

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dsqc.catalog.models.base import Attributes, Base


class ObjectVersionRecord(Base):
    """What stood under an accession before it was corrected: one row a superseded version.

    The present version stands in the table of its type; its number is one more than the newest here. So an object that
    was never corrected costs nothing.

    Attributes:
        type: project, sample, experiment, run or submission.
        submission_id: the submission whose correction superseded it.
        submission_version: the last version of that submission that this belonged to.
        superseded_at: when (UTC, as in events).
        content: everything that could be shown of it: columns, attributes, of a run its files with their fingerprints.
    """

    __tablename__ = "object_version"
    __table_args__ = (Unique("accession", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str]
    version: Mapped[int]
    type: Mapped[str]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    submission_version: Mapped[int]
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    superseded_at: Mapped[str] = mapped_column(String(30))
    content: Mapped[Attributes]


class ReplacedFileRecord(Base):
    """A data file of a run that another took the place of. Its object stays in the store.

    ``run_version`` is the last version of the run that it belonged to.
    """

    __tablename__ = "replaced_file"
    __table_args__ = (Unique("run_id", "run_version", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    run_version: Mapped[int]
    object_id: Mapped[int] = mapped_column(ForeignKey("object.id"), index=True)
    name: Mapped[str]
    md5: Mapped[str] = mapped_column(String(32), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class FingerprintRecord(Base):
    """The fingerprint of the reads of one data file, or of a whole run (``name`` is empty): see ``dsqc.fingerprint``.

    Index and barcode files do not count for that of the run. Rows of replaced files stay, ``is_present`` false.
    """

    __tablename__ = "read_fingerprint"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    name: Mapped[str]
    reads: Mapped[str] = mapped_column(String(32), index=True)
    sequences: Mapped[str] = mapped_column(String(32), index=True)
    read_count: Mapped[int] = mapped_column(BigInteger)
    is_present: Mapped[bool]


class PendingVersionRecord(Base):
    """A correction of a registered submission that waits for a curator; the registered version stays as it is."""

    __tablename__ = "pending_version"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str]
    verdict_sha256: Mapped[str] = mapped_column(String(64), index=True)
    details: Mapped[Attributes]
    since: Mapped[str] = mapped_column(String(30))


class WithdrawalRecord(Base):
    """That a submission was withdrawn: when, by whom, why, and the state that it was in."""

    __tablename__ = "withdrawal"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    at: Mapped[str] = mapped_column(String(30), index=True)
    by: Mapped[str]
    reason: Mapped[str]
    previous_state: Mapped[str]


class AgreementRecord(Base):
    """An agreement of the station: a depositor's or provider's, or one on access to data.

    Attributes:
        kind: ``deposit`` or ``access``.
        party: with whom.
        signed_on, valid_until: dates; ``valid_until`` is empty where it has no end.
        document_sha256: digest of the signed document, which is kept elsewhere.
        noted_at, noted_by: when (UTC, as in events) and by whom it was entered.
    """

    __tablename__ = "agreement"
    __table_args__ = (Unique("document_sha256", "kind", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    party: Mapped[str] = mapped_column(index=True)
    signed_on: Mapped[str] = mapped_column(String(10), index=True)
    valid_until: Mapped[str] = mapped_column(String(10))
    document_name: Mapped[str]
    document_sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str]
    noted_at: Mapped[str] = mapped_column(String(30))
    noted_by: Mapped[str]

    accessions: Mapped[list["AgreementAccessionRecord"]] = relationship(order_by="AgreementAccessionRecord.accession")


class AgreementAccessionRecord(Base):
    """That an agreement is about an object of the catalog."""

    __tablename__ = "agreement_accession"
    __table_args__ = (Index("ix_agreement_accession_accession", "accession"),)

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    accession: Mapped[str] = mapped_column(primary_key=True)
