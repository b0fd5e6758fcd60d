"""What the catalog gives back: receipts, manifests, data certificates, links for reviewers; keys it distrusts."""

from dsqc.catalog.receipts.receipt import RECEIPT_STATES, accessions, manifest, receipt

__all__ = ["RECEIPT_STATES", "accessions", "manifest", "receipt"]
