"""What each reason of a refusal means, told to who contributed."""

from django.utils.translation import gettext_lazy as _

from tracker.models import Decision

Reason = Decision.Reason

REASONS = {
    Reason.OFF_TOPIC: _("It speaks of something else than our six sentences."),
    Reason.OUT_OF_SCOPE: _("It is near, but outside of what the sentence covers as we read it."),
    Reason.WEAK_SOURCE: _("The page does not show enough: we need a notice, an official text or an article."),
    Reason.INTERESTED_SOURCE: _(
        "The only source has an interest in it. An independent one would change that."
    ),
    Reason.DUPLICATE: _("We have it already, from another page."),
    Reason.UNVERIFIABLE: _("We could not verify it."),
    Reason.QUOTE_NOT_FOUND: _("We did not find this sentence in the page."),
    Reason.TOO_OLD: _("It happened before the time that counts for this sentence."),
    Reason.OPINION: _("It is an opinion, without a fact that can be checked."),
    Reason.PERSONAL: _("It shows personal facts of somebody: we do not publish those."),
    Reason.ILLEGAL: _("We may not publish it."),
    Reason.SPAM: _("It looked like advertising."),
    Reason.OTHER: _("For another reason."),
}
