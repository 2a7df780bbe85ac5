"""A deal taken out of the registry: its address answers why, and is never given to another one."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from indicators import ledger
from indicators.models import Deal, Indicator, LedgerEntry

Kind = LedgerEntry.Kind


@transaction.atomic
def retire(deal: Deal, *, reason: tuple[str, str], replaced_by: Deal | None = None, now: datetime) -> Deal:
    """Take a deal out of lists, sums, files and feeds, with its public reason in French and in English.

    Nothing is deleted: the ledger keeps what it said. Deals that overlapped with it no longer do. Raises
    ValidationError for one that is retired already, or that would be replaced by itself or by a retired one.
    """
    Indicator.objects.one_writer_at_a_time()
    row = Deal.every.select_for_update().get(pk=deal.pk)
    if row.retired_at:
        raise ValidationError(_("This deal is retired already."))
    if replaced_by and (replaced_by.pk == row.pk or replaced_by.retired_at):
        raise ValidationError(_("Another deal that stands in the registry takes its place, or none."))
    row.retired_at, row.replaced_by = now, replaced_by
    row.retired_reason_fr, row.retired_reason_en = reason
    row.full_clean()
    row.save()
    overlapped = list(row.overlaps_with.order_by("slug"))
    row.overlaps_with.clear()
    ledger.record(Kind.RETRACTED, row, now=now)
    ledger.record(Kind.EDITED, *overlapped, now=now)
    return row
