"""What the form asks, in words that depend on what it is for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracker.models import Contribution

Kind = Contribution.Kind

_LABELS = {
    "kind": _("It is…"),
    "url": _("Paste a link"),
    "evidence": _("Number of the evidence"),
    "indicator": _("Which sentence does it speak of?"),
    "party": _("In whose name do you reply?"),
    "quote": _("The sentence of the page that proves it"),
    "statement": _("Why it matters"),
    "happened_on": _("When it happened"),
    "email": _("Your e-mail address"),
    "credit": _("How to credit you"),
}
_HELP = {
    "url": _("An article, a notice, an official text, a report: any public page."),
    "quote": _("Copied word for word: we look it up in the page."),
    "party": _("The company or the body that we name; say who you are there."),
    "email": _("Only for news of this contribution. Kept encrypted, erased on schedule or when you ask."),
    "credit": _("A name, a pseudonym, or nothing at all."),
}
_LABELS_OF = {
    Kind.CORRECTION: {
        "evidence": _("Number of the evidence, or address of the statement"),
        "url": _("A link that shows it"),
        "statement": _("What is wrong?"),
    },
    Kind.CONTESTATION: {
        "url": _("A link that shows it"),
        "indicator": _("Which answer do you contest?"),
        "evidence": _("Or which evidence, by its number"),
        "statement": _("Why should it be another one?"),
    },
    Kind.REPLY: {"url": _("A link that supports it"), "statement": _("Your reply")},
    Kind.SOURCE: {"url": _("Its address"), "statement": _("Why watch it")},
    Kind.DEAL: {
        "url": _("Paste the link to who tells of it"),
        "quote": _("The sentence that says who pays, and how much"),
        "statement": _("Who pays whom, and what for"),
        "happened_on": _("When it was announced or signed"),
    },
}
_HELP_OF = {
    Kind.SOURCE: {"url": _("Of the page or of the feed where it publishes.")},
    Kind.REPLY: {
        "statement": _("We publish it beside what it answers, within three days."),
        "url": "",
    },
    Kind.DEAL: {
        "url": _(
            "Best of all a document of one of the parties: a press release, an annual report, a filing."
        ),
        "statement": _(
            "Say what you know, and say what you do not: an amount that nobody published stays unknown."
        ),
    },
    Kind.CORRECTION: {
        "url": "",
        "evidence": _("It stands beside each quote, with a link to report an error."),
    },
    Kind.CONTESTATION: {"url": ""},
}
MISSING = {
    "kind": _("Say whether it is an example or a counter-example."),
    "url": _("Paste the link to the page."),
    "statement": _("Say it in a few words."),
    "party": _("Say in whose name you reply."),
}
TITLES = {
    Kind.EXAMPLE: _("Share an example, or a counter-example"),
    Kind.COUNTER_EXAMPLE: _("Share an example, or a counter-example"),
    Kind.CORRECTION: _("Report an error"),
    Kind.CONTESTATION: _("Contest an answer"),
    Kind.REPLY: _("Reply, if you are named"),
    Kind.DEAL: _("Report a deal"),
    Kind.SOURCE: _("Suggest a source to watch"),
}
STANDFIRSTS = {
    Kind.CORRECTION: _(
        "A quote is wrong, an event is misread? Tell us. A correction is published with its reason, and what it"
        " corrects stays in sight."
    ),
    Kind.CONTESTATION: _(
        "You find one of our answers unfair? Tell us why. It is read again by a person, and if the doubt is"
        " founded, the answer says so."
    ),
    Kind.REPLY: _(
        "You are named on this site, and you want to answer? Your reply stands beside what it answers."
    ),
    Kind.DEAL: _(
        "Chip makers finance their own customers. You know of a deal that our registry lacks, or news of one that it"
        " has? A person reads the page, the editors write the entry with its quote, and two of them agree before an"
        " amount counts."
    ),
    Kind.SOURCE: _(
        "A bulletin, a blog, a body that publishes on these subjects, and that we do not watch yet?"
    ),
}


def of(kind: Kind, field: str) -> tuple[str | Promise, str | Promise]:
    """The label and the help of a field."""
    label = _LABELS_OF.get(kind, {}).get(field, _LABELS.get(field, ""))
    return label, _HELP_OF.get(kind, {}).get(field, _HELP.get(field, ""))
