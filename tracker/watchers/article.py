"""An article behind its entry: is the entry only a teaser, and what is the main text of the page. Pure."""

import re

TEASER_LENGTH = 1_500  # characters; shorter entries rarely hold the whole article

# Said at the end of a teaser, in the languages that we watch most; what follows it is at most a link or a credit.
_MORE = re.compile(
    r"(?:\[\s*(?:…|\.\.\.|&hellip;)\s*\]|…|\.\.\.|\b(?:lire (?:la suite|l['’]article|plus)|en savoir plus|suite sur|"
    r"(?:continue|keep) reading|read (?:more|the (?:rest|full))|full (?:story|article)|weiterlesen|mehr lesen|"
    r"leer más|seguir leyendo|leggi (?:tutto|anche)|continua a leggere|lees (?:meer|verder)|czytaj (?:dalej|więcej)|"
    r"leia mais|ler mais)\b|\b(?:the post\b.{0,300}\bappeared first on|(?:cet article|l['’]article)\b.{0,300}\best apparu "
    r"en premier sur)\b)",
    re.IGNORECASE | re.DOTALL,
)
_END = 400  # characters of a text that are its end


def teaser_reason(text: str) -> str:
    """Why this text of an entry is only a teaser: "empty", "cut" (it says that it goes on), "short"; else "".

    Adding words to a text that is none, before its end, never makes it one.
    """
    text = text.strip()
    if not text:
        return "empty"
    if any(len(text) - found.end() <= 80 or len(found[0]) > 40 for found in _MORE.finditer(text[-_END:])):
        return "cut"
    return "short" if len(text) < TEASER_LENGTH else ""
