from django.utils.translation import override

from indicators.site.trace import lacks_of, steps_of


def test_a_share_is_said_with_what_is_unknown() -> None:
    needs = {"measure": "T2", "share": 0.25, "months": 24, "known": 0.6}
    found = {"share": 0.075, "numerator": 3, "denominator": 40, "unknown": 22}
    step = {"rung": 5, "fr": "Durable", "en": "Lasting", "holds": False, "implied_by": []}
    finding = {"holds": False, "needs": needs, "found": found, "evidence": [], "against": []}
    [shown] = steps_of([step | {"any": [[finding]]}])
    assert (
        shown.ways[0][0].found.replace("\u202f", " ").replace("\u00a0", " ")
        == "7,5 % mesurés : 3 sur 40, 22 inconnus"
    )


def test_what_lacks_is_said_in_words() -> None:
    [[lack]] = lacks_of(
        [{"rung": 4, "fr": "", "en": "", "lacks": [{"claim": 3, "owners": 1, "confirmed": True}]}]
    )
    assert lack == "des exemples de 1 organisme de plus"


def test_the_demonstration_speaks_the_language_of_the_page() -> None:
    needs = {"events": 2, "claim": 3, "confirmed": True, "owners": 2, "ratio": 2}
    found = {"events": 1, "owners": 1, "countries": 1, "against": 3}
    finding = {"holds": False, "needs": needs, "found": found, "evidence": [7], "against": [8, 9, 10]}
    row = {
        "rung": 4,
        "fr": "Deux cas",
        "en": "Two cases",
        "holds": False,
        "implied_by": [],
        "any": [[finding]],
    }
    with override("en"):
        [step] = steps_of([row])
    [[reason]] = step.ways
    assert (step.name, step.text) == ("Reached", "Two cases")
    assert reason.asks == (
        "At least 2 confirmed examples claiming “First occurrence” or more, from 2 different bodies, "
        "and 2 times the counter-examples"
    )
    assert reason.found == "1 found, from 1 body, against 3 counter-examples"
