"""Where things lie, relative to the repository, and `networks` on the import path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GAINS = ROOT / "models" / "train" / "synthetic_gains.json"
FIXTURES = ROOT / "tests" / "fixtures"
SHARED = ROOT.parent / "shared"  # real weights and photographs; not part of the repository

sys.path.insert(0, str(ROOT / "models" / "train"))


def shared(*parts):
    """A path under ../shared, or an end with a sentence where it is missing."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        sys.exit(f"skipped: {path} is missing (real weights and photographs are kept apart)")
    return path
