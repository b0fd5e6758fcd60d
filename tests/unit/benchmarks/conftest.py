"""The benchmarks are scripts beside the package: their directory goes on the path, as when one of them is started."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
