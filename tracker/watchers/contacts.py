"""The persons behind a notice, known only in order to be forgotten: what hides them in its words. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

HIDDEN = "[…]"

Scrub = Callable[[str], str]  # hides the persons of one notice in a text

# Of an e-mail address: name@host, name(at)host; a comma for a dot is a common slip.
_SIGN = re.compile(r"@|[(\[]\s?[aA][tT]\s?[)\]]")
_MAILBOX = re.compile(r"(?<![\w.+%'-])[\w.+%'-]++\s?\Z")
_HOST = re.compile(r"\s?[\w-]{1,63}(?:[.,][\w-]{1,63}){1,5}")
_LONGEST_MAILBOX = 320  # letters, for the longest search before a sign; RFC 5321 allows 64
_SPELT_AT = re.compile(rb"at(?<=[^a-z0-9]at)[\s\x80-\xff]{0,3}[)\]]")  # begins with what is found quickly
# Begins with a letter, and looks back for a word’s beginning only where there is one.
_CALL = re.compile(
    r"[tTpPfFmM](?<!\w[tTpPfFmM])(?i:(?<=t)(?:[eé]l|lf)|(?<=p)hone|(?<=f)(?:reephone|ax)|(?<=m)ob)"
    r"[^\W\d_]{0,12}[.:\s]{0,3}\+?\(?\d[\d\s().\-/]{5,18}\d"
)
# The same in UTF-8 and lower case, where each byte beyond ASCII may be a part of any letter, space or digit.
_CALL_WORD = (
    rb"[tpfm](?<![a-z0-9_][tpfm])"
    rb"(?:(?<=t)(?:el|\xc3[\x89\xa9]l|lf)|(?<=p)hone|(?<=f)(?:reephone|ax)|(?<=m)ob)"
)
_CALLED = re.compile(
    _CALL_WORD
    + rb"[a-z\x80-\xff]{0,48}[.:\s\x1c-\x1f\x80-\xff]{0,12}\+?\(?[\d\x80-\xff][\d\s\x1c-\x1f().\-/\x80-\xff]{6}"
)
_ANNOUNCED = re.compile(_CALL_WORD)
_CALL_REACH = 80  # bytes of such a word, and of what may stand between it and the number
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
# Every telephone number is a run of what one is written with, a digit first. Any byte of UTF-8 may be a part of a
# foreign digit or space, but for those that letters of Latin, Greek and Cyrillic begin with.
_DIALLED = bytes(
    48 if 47 < code < 58 or 127 < code < 0xC3 or code > 0xD8 else
    45 if chr(code) in "().-/" or chr(code).isspace() else 120
    for code in range(256)
)  # fmt: skip
_DIALLED_RUN = re.compile(rb"0[0-]{5,}")
_ASCII_RUN = re.compile(rb"[a-z0-9]+")
_ALSO_ASCII = "\u017f\u212a\u0130\u0131"  # beyond ASCII, yet s, k and i in another case
_HONORIFIC = re.compile(
    r"^(?:(?:m|mr|mrs|ms|miss|mme|mlle|dr|prof|ing|ir|herr|frau|dhr|mevr|mevrouw|mw|sig|sra?|pan|pani|att?n?)\b\.?:?\s*)+",
    re.IGNORECASE,
)
_TITLE = (
    r"(?i:(?<!\w)(?:m|mr|mrs|ms|miss|mme|mlle|monsieur|madame|dr|herrn?|frau|dhr|mevr|mevrouw|mw|sig|sig\.ra|sra?|"
    r"pani?|pana)\.?\s{1,3}(?:\w\.\s?)?)"
)
_TITLE_BEFORE = re.compile(_TITLE + r"\Z")
_PHONE_SEPARATOR = re.compile(r"[/;,]")
_NAME_SEPARATOR = re.compile(r"[,;/|()]| - | – ")
# One word that stands for an office; longer office names may go, they are no subject of a purchase.
_OFFICES = frozenset(
    [
        "info",
        "contact",
        "contacts",
        "greffe",
        "helpdesk",
        "esender",
        "frontdesk",
        "purchasing",
        "procurement",
        "achats",
        "einkauf",
        "inkoop",
        "innkjøp",
        "vergabestelle",
        "sekretariat",
        "secretariat",
        "office",
        "tender",
        "tenders",
        "postmottak",
        "none",
        "unknown",
        "n/a",
        "na",
        "nvt",
    ]
)


@dataclass(kw_only=True)
class Contacts:
    """The persons behind a notice, known only in order to be forgotten."""

    people: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    organisations: set[str] = field(default_factory=set)

    def scrubber(self) -> Scrub:
        """A function that hides these people, and every e-mail address and announced telephone number.

        Most texts name nobody: what can be in a text is found out by cheap means, and only that is looked for.
        """
        emails = [email for email in _longest_first(self.emails) if len(email) > 4]
        phones, people = _longest_first(self._digits()), _longest_first(self._names())
        words, surnames = _looked_for(people)
        parts_of_names = {part for _name, part, _words in words} | set(surnames.values())

        def scrub(text: str) -> str:
            lower, at = text.encode(errors="ignore").lower(), "@" in text
            runs = lower.translate(_DIALLED)
            dialled = _DIALLED_RUN.search(runs)
            odd = any(letter in text for letter in _ALSO_ASCII) if parts_of_names else False
            named = parts_of_names if odd else {part for part in parts_of_names if part in lower}
            folded = text.casefold() if named else ""
            digits = _digits(lower) if dialled and phones else ""
            found = _addresses(text) if at or _SPELT_AT.search(lower) else []
            if dialled and _may_call(lower, runs):
                found += [call.span() for call in _CALL.finditer(text)]
            known = [re.escape(email) for email in emails if (at or "@" not in email) and email in text]
            known += [_phone_pattern(phone) for phone in phones if phone in digits]
            known += [
                _name_pattern(name)
                for name, part, split in words
                if part in named and all(word.casefold() in folded for word in split)
            ]
            known += [
                rf"{_TITLE}(?i:{re.escape(name)})(?!\w)"
                for name, part in surnames.items()
                if part in named and _is_titled(name.casefold(), folded)
            ]
            if known:
                found += [person.span() for person in re.finditer("|".join(known), text)]
            return _hidden(text, found) if found else text

        return scrub

    def _digits(self) -> set[str]:
        chunks = {chunk for phone in self.phones for chunk in (phone, *_PHONE_SEPARATOR.split(phone))}
        digits = {_digits(chunk.encode(errors="ignore"))[-15:] for chunk in chunks}
        # Without the country code too: a text rarely repeats it.
        return {part for number in digits for part in (number, number[-8:]) if len(part) >= 6}

    def _names(self) -> set[str]:
        known = {" ".join(name.casefold().split()) for name in self.organisations}
        found: set[str] = set()
        for person in self.people:
            for part in {person, *_NAME_SEPARATOR.split(person)}:
                whole = " ".join(part.split())
                bare = _HONORIFIC.sub("", whole)
                words = bare.split()
                found |= {whole, bare} | ({f"{words[1]} {words[0]}"} if len(words) == 2 else set())
        return {name for name in found if _is_personal(name, known)}


def _addresses(text: str) -> list[tuple[int, int]]:
    """Where e-mail addresses stand: looked for around their signs, not at each letter."""
    found: list[tuple[int, int]] = []
    end = 0
    for sign in _SIGN.finditer(text):
        start = max(end, sign.start() - _LONGEST_MAILBOX)
        mailbox = _MAILBOX.search(text, start, sign.start())
        host = _HOST.match(text, sign.end())
        if mailbox and host:
            found.append((mailbox.start(), host.end()))
        end = host.end() if mailbox and host else sign.end()
    return found


def _hidden(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text without these parts of it; one mark for those that overlap."""
    kept, position = [], 0
    for start, end in sorted(spans):
        if start >= position:
            kept += [text[position:start], HIDDEN]
        position = max(position, end)
    return "".join([*kept, text[position:]])


def _digits(text: bytes) -> str:
    return text.translate(None, _NO_DIGITS).decode()


def _ascii_part(name: str) -> bytes:
    """The longest part of a name that looks the same, but for ASCII case, wherever the name is written."""
    return max(_ASCII_RUN.findall(name.encode(errors="ignore").lower()), key=len, default=b"")


def _may_call(lower: bytes, runs: bytes) -> bool:
    """Whether a word that announces a number stands shortly before one of the runs."""
    for run in _DIALLED_RUN.finditer(runs):
        start = run.start()
        word = _ANNOUNCED.search(lower, max(0, start - _CALL_REACH), start)
        if word and _CALLED.search(lower, word.start(), start + _CALL_REACH):
            return True
    return False


def _longest_first(written: Iterable[str]) -> list[str]:
    return sorted(written, key=len, reverse=True)


def _is_personal(name: str, organisations: set[str]) -> bool:
    folded = name.casefold()
    if len(name) < 4 or folded in _OFFICES or "://" in name or not re.search(r"[^\W\d_]{2}", name):
        return False
    if " " not in name and not name.istitle():  # EuroHPC, GENCI: the names of bodies
        return False
    return not any(folded in organisation for organisation in organisations)


def _name_pattern(name: str) -> str:
    spaced = r"\s{1,3}".join(re.escape(word) for word in name.split())
    # A name of several words is known in any case; a single word could be an ordinary one.
    return rf"(?i:(?<!\w){spaced}(?!\w))" if " " in name else rf"(?<!\w){spaced}(?!\w)"


def _looked_for(people: list[str]) -> tuple[list[tuple[str, bytes, list[str]]], dict[str, bytes]]:
    """Each name with its part to look for first, and its words; then what may be a family name, with its part."""
    written = [(name, name.split()) for name in people]
    parts = {word: _ascii_part(word) for word in {word for _name, words in written for word in words}}
    names = [(name, max((parts[word] for word in words), key=len), words) for name, words in written]
    # Either end of a name of several words may be the family's.
    ends = {word for _name, words in written if len(words) > 1 for word in (words[0], words[-1])}
    return names, {word: parts[word] for word in ends if len(word) > 2 and parts[word]}


def _is_titled(name: str, folded: str) -> bool:
    """Whether a title stands before it: a family name alone could be an ordinary word, but not in « Mme Petit »."""
    found = folded.find(name)
    while found >= 0:
        if _TITLE_BEFORE.search(folded, max(0, found - 20), found):
            return True
        found = folded.find(name, found + 1)
    return False


def _phone_pattern(digits: str) -> str:
    # The trunk or country digits in front of the number go with it.
    return r"(?<!\d)[+(]{0,2}(?:\d[\s().\-/]{0,3}){0,5}" + r"[\s().\-/]{0,3}".join(digits) + r"(?!\d)"
