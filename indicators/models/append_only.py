"""What is written once and for all: rows that the database itself refuses to change or delete."""

from django.db import models


class AppendOnly(models.Model):
    """Rows that are added, never changed nor deleted; `indicators/append_only.py` guards their tables."""

    class Meta:
        abstract = True
