"""Text and rules → matches with their reasons: what to look for is data, how to look is here. Pure."""

from tracker.matching.found import Match, Reason, Text
from tracker.matching.query import RuleError
from tracker.matching.rules import LEVELS, Rule, Ruleset, compile_rules, rule_from, subjects_of

__all__ = ["LEVELS", "Match", "Reason", "Rule", "RuleError", "Ruleset", "Text"]
__all__ += ["compile_rules", "is_on_subject", "match", "rule_from"]


def match(text: Text, ruleset: Ruleset) -> list[Match]:
    """Every rule met by this text, best first, then in the order of the rules.

    A language list is applied only to text of that language, "*" to all, "other" to languages without a list of
    their own; a text of unknown language is read with "*", "fr" and "en". Time is linear in the text.
    """
    # Only who matches pays for numpy and hyperscan; who checks a rule (the admin) never does.
    from tracker.matching.judging import judge  # noqa: PLC0415
    from tracker.matching.watch import watch  # noqa: PLC0415

    return judge(text, ruleset, watch(ruleset))


def is_on_subject(text: Text, ruleset: Ruleset) -> bool:
    """Whether the text opens a gate that a rule about articles stands behind: its whole article may meet the rule."""
    return bool(match(text, subjects_of(ruleset)))
