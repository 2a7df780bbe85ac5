"""How the log is written: one event, one line, and in no line the address of a receipt, which is the only key to it."""

import json
import logging
import re

_LONGEST = 1000  # characters of what was said
_LONGEST_TRACE = 4000  # and of where it failed: the end says why
_ROW = re.compile(r"\nDETAIL:.*")  # PostgreSQL quotes the row that it refuses
_RECEIPT = re.compile(r"((?:suivi|receipt|confirmer|confirm|ne-plus-ecrire|arreter|stop)/)[\w%.-]+")


class OneLine(logging.Formatter):
    """An event as one line of JSON: whatever it quotes, no control character leaves it as such."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        told = {"at": self.formatTime(record), "level": record.levelname, "by": record.name}
        told["said"] = record.getMessage()[:_LONGEST]
        if record.exc_info:
            told["failed"] = _ROW.sub("", self.formatException(record.exc_info))[-_LONGEST_TRACE:]
        return str(_hidden(json.dumps(told)))


def is_ours(record: logging.LogRecord) -> bool:
    """A filter: what a visitor asked wrongly (400 to 499) is answered, not logged."""
    return not 400 <= getattr(record, "status_code", 500) < 500


def hide_receipts(record: logging.LogRecord) -> bool:
    """A filter that lets every record through, without the tokens of receipts in its words."""
    record.msg = _hidden(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(_hidden(each) for each in record.args)
    return True


def _hidden(told: object) -> object:
    return _RECEIPT.sub(r"\1…", told) if isinstance(told, str) else told
