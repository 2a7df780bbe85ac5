"""docs/operating.md documents every setting, and no setting that does not exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_setting_is_documented_and_every_documented_setting_exists():
    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "tracker/settings.py").read_text())
    told = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/operating.md").read_text(), re.MULTILINE)

    assert sorted(told) == sorted([*read, "PORT"])  # only the runner reads PORT
