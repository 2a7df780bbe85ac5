import json
from pathlib import Path

import pytest

from tracker.deceit import marks_of


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Un marché à deux fournisseurs, c’est « mieux ».\r\nEnfin\t!", []),
        ("Größe, çà, œuvre, señor, Łódź, ½ µm, 1ᵉʳ lot 👩‍🔬", []),
        ("Χαίρετε κόσμε", []),
        ("Привет", []),
        ("東京の公告", []),
        ("Nvid\u0456a", ["homoglyph"]),
        ("Ge\u202egnp.exe", ["bidi"]),
        ("Nvi\u200bdia", ["invisible"]),
        ("\u3164", ["invisible"]),
        ("\U0001d40e\U0001d429en", ["homoglyph"]),
        ("\u202eG\u043e\u043egle\u00ad", ["bidi", "invisible", "homoglyph"]),
    ],
)
def test_only_what_deceives_is_marked(text: str, marks: list[str]) -> None:
    assert marks_of(text) == marks


def test_every_look_alike_and_turned_text_of_the_corpus_is_marked(shared: Path) -> None:
    rows = [json.loads(row) for row in (shared / "data/hostile/spoof.jsonl").read_text().splitlines()]
    meant = [row for row in rows if row["family"] in ("bidi", "homoglyph")]
    assert len(meant) >= 15
    assert [row["id"] for row in meant if row["family"] not in marks_of(row["text"])] == []


def test_honest_contributions_of_the_corpus_are_not_marked(shared: Path) -> None:
    rows = [json.loads(row) for row in (shared / "data/hostile/submissions.jsonl").read_text().splitlines()]
    honest = [row for row in rows if row["label"] == "ham"]
    assert len(honest) >= 50
    assert [row["id"] for row in honest if marks_of(row["title"] + row["summary"])] == []
