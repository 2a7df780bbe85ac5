"""What was found in a text → which rules it meets, at which level, and why. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from tracker.matching.found import Match, Reason, Text
from tracker.matching.needles import Needle, needle
from tracker.matching.passages import Passage
from tracker.matching.query import AllOf, Amount, AnyOf, Buyer, Code, Not, Part, Words
from tracker.matching.rules import CPV_GRADES, LEVELS, Rule, Ruleset, Term
from tracker.matching.screening import Screened
from tracker.matching.watch import Watch


def judge(text: Text, ruleset: Ruleset, watch: Watch) -> list[Match]:
    """Every rule met by this text, best first, then in the order of the rules."""
    passages, woken = watch.read(text)
    guarded: dict[tuple[str, ...], list[Passage]] = {(): passages}
    matches = []
    for rule in woken:
        if not _applies(rule, text):
            continue
        if rule.guards not in guarded:
            guarded[rule.guards] = [passage.without(rule.guards) for passage in passages]
        case = _Case(text=text, passages=guarded[rule.guards], lists=ruleset.lists)
        if found := case.judge(rule):
            matches.append(found)
    return sorted(matches, key=lambda found: -found.priority)


def _applies(rule: Rule, text: Text) -> bool:
    here = not rule.countries or not text.country or text.country in rule.countries
    return here and (not rule.kinds or text.kind in rule.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One text before one rule."""

    text: Text
    passages: list[Passage]  # without what the guards of the rule cover
    lists: Mapping[str, Rule]

    def judge(self, rule: Rule) -> Match | None:
        gates = []
        for slug in rule.gates:
            reasons, proved = self._open(self.lists[slug])
            if not reasons:
                return None
            gates.append((reasons, proved))
        if any(self._hits(slug, "veto") for slug in rule.vetoes):
            return None
        found = self._found(rule, proved=all(proved for _, proved in gates))
        level = next((level for level in reversed(LEVELS) if level in rule.levels and level in found), "")
        if not level:
            return None
        counts = level in ("clause", "structured")
        return Match(
            rule=rule.slug,
            version=rule.version,
            indicators=rule.indicators,
            level=level,
            stance=rule.stance if counts else "context",
            rung=rule.rung if counts else None,
            reasons=tuple(chain(*found.values(), *(reasons for reasons, _ in gates))),
        )

    def _open(self, gate: Rule) -> tuple[list[Reason], bool]:
        """The reasons that open a gate (none: it stays shut), and whether they prove the subject.

        Proof is a term of precision H, the query of the gate, a code of `cpv.subject`, or a term of precision M
        beside any code of the gate. A code of `cpv.core` (servers, processors) opens for a strong clause, and
        proves nothing alone.
        """
        hits = self._hits(gate.slug, "gate")
        asked = self._asked(gate, "gate") or []
        codes = {
            grade: [code for code in self.text.cpv if code in gate.cpv.get(grade, ())] for grade in CPV_GRADES
        }
        reasons = [reason for _, reason in hits] + asked
        reasons += [Reason(why="cpv", field="cpv", words=code) for code in chain(*codes.values())]
        proved = bool(codes["subject"] or asked or (hits and any(codes.values())))
        proved = proved or any(term.precision == "H" for term, _ in hits)
        return (reasons if proved or codes["core"] else []), proved

    def _found(self, rule: Rule, *, proved: bool) -> dict[str, list[Reason]]:
        """The reasons by level, best first; without proof of the subject only a strong clause counts."""
        hits = self._hits(rule.slug, "clause")
        found = {"clause": [reason for term, reason in hits if term.role == "S"]}
        asked = self._asked(rule, "clause") or []
        if "clause" in rule.levels:
            found["clause"] += asked
            asked = []
        if proved:
            cap = self.text.max_lots_awarded
            found["structured"] = (
                [Reason(why="lot cap", field="max_lots_awarded", words=str(cap))] if cap else []
            )
            combined = [reason for term, reason in hits if term.role == "C"] + asked
            found["words"] = [replace(reason, why="words") for reason in combined]
        found = {level: reasons for level, reasons in found.items() if reasons}
        if proved and "clause" not in found:
            found["subject"] = [
                Reason(why="documents", field="document_urls", words=url) for url in self.text.document_urls
            ]
        return found

    def _hits(self, slug: str, why: str) -> list[tuple[Term, Reason]]:
        return [
            (leaf, reason)
            for passage in self.passages
            for leaf in passage.leaves.get(slug, ())
            if isinstance(leaf, Term)
            for reason in passage.reasons(leaf, why)
        ]

    def _asked(self, rule: Rule, why: str) -> list[Reason] | None:
        """The reasons of a query that is met; None if it is not, or if there is none."""
        if not rule.query:
            return None
        standing: dict[Words, list[tuple[Passage, Needle]]] = {}
        for passage in self.passages:
            if rule.languages and not set(passage.languages) & set(rule.languages):
                continue
            parts = ("", _PART_OF[passage.original.field])
            for leaf in passage.leaves.get(rule.slug, ()):
                if isinstance(leaf, Needle) and leaf.asked.field in parts:
                    standing.setdefault(leaf.asked, []).append((passage, leaf))
        return _Answers(text=self.text, standing=standing, why=why).to(rule.query.part)


_PART_OF = {"title": "title", "text": "text", "texts": "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What one text answers to one query: the reasons why a part is true, or None."""

    text: Text
    standing: Mapping[Words, Iterable[tuple[Passage, Needle]]]  # what may stand in the text, and where
    why: str

    def to(self, part: Part) -> list[Reason] | None:
        match part:
            case AllOf(parts):
                each = [self.to(one) for one in parts]
                return None if None in each else list(chain(*(one or () for one in each)))
            case AnyOf(words=words, others=others):
                standing = (one for one in self.standing if one in words)
                true = [reasons for one in (*standing, *others) if (reasons := self.to(one)) is not None]
                return list(chain(*true)) if true else None
            case Not(inner):
                return [] if self.to(inner) is None else None
            case Buyer(words):
                return self._buyers(words) or None
            case Words():
                reasons = [
                    reason
                    for passage, leaf in self.standing.get(part, ())
                    for reason in passage.reasons(leaf, self.why)
                ]
                return reasons or None
            case Code():
                return [_fact(part.field, code, part) for code in self._codes(part)] or None
            case Amount():
                told = (self.text.value,) if part.field == "value" else map(Decimal, self.text.operators)
                return [_fact(part.field, str(each), part) for each in told if _is_within(each, part)] or None

    def _buyers(self, asked: Words) -> list[Reason]:
        looked_for = needle(asked)
        return [
            _fact("buyer", name, asked) for name in self.text.buyers if looked_for.stands_in(Screened([name]))
        ]

    def _codes(self, asked: Code) -> list[str]:
        if asked.field == "cpv":
            return [code for code in self.text.cpv if code.startswith(asked.code)]
        if asked.field == "funding":
            return [code for code in self.text.funding if _is_code(code.lower(), asked.code)]
        known = [self.text.country] if asked.field == "country" else [self.text.language, *self.text.texts]
        read = [code.lower()[:2] for code in known if code]
        return [asked.code] if asked.code.lower() in read else []


_FIELDS = {"lang": "language", "buyer": "buyers"}  # as Text names them


def _fact(field: str, words: str, asked: Words | Code | Amount) -> Reason:
    named = _FIELDS.get(field, field)
    why = "buyer" if field == "buyer" else named
    return Reason(why=why, field=named, words=words, term=asked.written)


def _is_code(code: str, asked: str) -> bool:
    return code.startswith(asked.removesuffix("*")) if asked.endswith("*") else code == asked


def _is_within(value: Decimal | None, asked: Amount) -> bool:
    if value is None:
        return False
    above = asked.least is None or value > asked.least or (value == asked.least and not asked.open_least)
    below = asked.most is None or value < asked.most or (value == asked.most and not asked.open_most)
    return above and below
