"""What the catalog gives back: receipts, manifests, data certificates, links for reviewers; keys it distrusts."""

from dsqc.catalog.receipts.receipt import accessions, manifest, receipt

__all__ = ["accessions", "manifest", "receipt"]
