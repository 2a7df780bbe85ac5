"""Is a quote found in a text, white space and typography set aside? Pure."""

import unicodedata

_TYPOGRAPHY = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "\u00ad": "", "\u200b": "",
    }
)  # fmt: skip


def normalised(text: str) -> str:
    """The text with one form of quote, dash and apostrophe, and single spaces; letters and case are kept."""
    plain = " ".join(unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY)).split())
    return plain.replace('" ', '"').replace(' "', '"')


def contains_quote(text: str, quote: str) -> bool:
    """Whether the quote stands in the text as written (domain.md, principle 5); an empty quote never does."""
    wanted = normalised(quote)
    return bool(wanted) and wanted in normalised(text)
