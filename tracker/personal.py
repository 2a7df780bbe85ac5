"""What in a text may be somebody’s private facts: numbers that identify, health, families, confidence. Pure."""

import re

_NUMBERS = (
    r"\b(?:\d[ -]?){13,19}\b",  # a payment card
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",  # IBAN
    r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dAB] ?\d{3} ?\d{3}(?: ?\d{2})?\b",  # French social security
    r"(?<![\w+])(?:\+|00)\d{1,3}[ .-]?(?:\(0\)[ .-]?)?\d(?:[ .-]?\d){6,11}\b",  # telephones, abroad
    r"(?<![\w.,/-])0[1-9](?:[ .-]?\d{2}){4}(?![\w/])",  # and in France
    r"\b\d{3}-\d{2}-\d{4}\b",  # US social security
)
_ADDRESSES = (
    r"[\w.+-]{1,64}@[\w-]{1,63}\.\w",
    r"\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|impasse|all[ée]e|chemin|quai|place)\b",
    r"\b\d{1,5} [A-Z]\w+(?: [A-Z]\w+)? (?:Street|Road|Avenue|Lane|Drive|St|Rd|Ave)\b",
)
_WORDS = (
    r"\b(?:my|his|her|their|patient'?s?) (?:medical|health) (?:record|file)s?\b|\bmedical records?\b",
    r"\bdossiers? m[ée]dica(?:l|ux)\b|\bs[ée]ropositi\w+|\bHIV\b|\bVIH\b|\bcancer\b|\bpsychiatr\w+|\bdiagnos\w+",
    r"\bpass(?:e)?ports?\b|\bcartes? (?:nationales? )?d['’]identit[ée]\b|\bidentity cards?\b|\bdriving licen[cs]e\b",
    r"\bcvv\b|\bmot de passe\b|\bpassword\b|\bn[ée]e? le \d|\bborn on \d|\bdate de naissance\b|\bdate of birth\b",
    r"\bhome address\b|\badresse (?:personnelle|priv[ée]e)\b|\bhabite (?:au|à|rue)\b|\blives (?:at|in)\b",
    r"\b(?:fils|fille|enfants?|femme|mari|[ée]poux|[ée]pouse|conjointe?)s? d(?:e|u|es|['’])\b",
    r"\b(?:son|daughter|children|wife|husband) of\b|['’]s (?:son|daughter|children|kids|wife|husband)\b",
    r"\bconfidentiel\w*|\bconfidential\b|\bcasier judiciaire\b|\bcriminal record\b|\bsyndiqu[ée]\w*",
    r"\bhomosexu\w+|\borientation sexuelle\b|\bsexual orientation\b",
)
_ANY = re.compile("|".join(f"(?:{each})" for each in (*_NUMBERS, *_ADDRESSES)))
_SAID = re.compile("|".join(f"(?:{each})" for each in _WORDS), re.IGNORECASE)
LONGEST = 12_000  # characters that are looked at


def may_be_personal(text: str) -> bool:
    """Whether a moderator should look twice before any of it is published."""
    looked_at = text[:LONGEST]
    return bool(_ANY.search(looked_at) or _SAID.search(looked_at))
