"""Where things lie, relative to the repository, and `networks` on the import path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GAINS = ROOT / "models" / "train" / "synthetic_gains.json"
FIXTURES = ROOT / "tests" / "fixtures"
SHARED = ROOT.parent / "shared"  # real weights and photographs; not part of the repository

sys.path.insert(0, str(ROOT / "models" / "train"))


def shared(*parts):
    """A path under ../shared; where it is missing, says so and ends the script as one that passed."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        print(f"skipped: no ../shared/{'/'.join(parts)} beside the repository")
        sys.exit(0)
    return path
