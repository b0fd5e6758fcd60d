"""``python -m dsqc``."""

import sys

from dsqc.cli.main import main

sys.exit(main())
