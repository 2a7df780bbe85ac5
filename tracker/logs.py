"""What no line of the log may hold: the address of a receipt is the only key to it."""

import logging
import re

_RECEIPT = re.compile(r"((?:suivi|receipt)/)[\w%-]+")


def hide_receipts(record: logging.LogRecord) -> bool:
    """A filter that lets every record through, without the tokens of receipts in its words."""
    record.msg = _hidden(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(_hidden(each) for each in record.args)
    return True


def _hidden(told: object) -> object:
    return _RECEIPT.sub(r"\1…", told) if isinstance(told, str) else told
