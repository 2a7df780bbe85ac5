"""manage.py makemessages: Django's own, which also sees the sentences that the pure rooms speak in."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """The pure rooms may not import Django: what they give to these names is translated by whoever shows it."""

    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=DefinitionError",
        "--keyword=IncompleteError",
        "--keyword=Label",
        "--keyword=Remark",
        "--keyword=RuleError",
        "--keyword=UnreadableError",
        "--keyword=_require:2",  # of tracker.matching
        "--keyword=_refusal",
    ]
