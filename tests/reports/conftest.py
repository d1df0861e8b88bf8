"""The hand-made plans of tests/plan are shown here too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "plan"))
