"""A text in French and English: two columns, one name to read."""

from typing import Any

from django.utils.translation import get_language


class Bilingual:
    """Read `<name>_fr` or `<name>_en` by the active language; French where the English is empty."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        language = "en" if (get_language() or "fr").startswith("en") else "fr"
        return getattr(row, f"{self.name}_{language}") or getattr(row, f"{self.name}_fr")
