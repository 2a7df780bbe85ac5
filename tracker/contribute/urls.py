"""The doors of the watch that are open to the public."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from tracker.contribute import follow, invitation, mail, privacy, receipt, send, views

urlpatterns = [
    path("veille/", views.watch, name="watch"),
    path(_("contribute/"), send.contribute, name="contribute"),
    path(_("contribute/receipt/<slug:token>/"), receipt.receipt, name="receipt"),
    path(_("contribute/confirm/<str:token>/"), mail.answer, {"use": "confirm"}, name="mail-confirm"),
    path(_("contribute/stop/<str:token>/"), mail.answer, {"use": "stop"}, name="mail-stop"),
    path(_("follow/"), follow.follow, name="follow"),
    path(_("follow/confirm/<str:token>/"), mail.answer, {"use": "follow"}, name="mail-follow"),
    path(_("follow/stop/<str:token>/"), mail.answer, {"use": "unfollow"}, name="mail-unfollow"),
    path(_("contribute/invitation/<str:token>/"), invitation.invitation, name="invitation"),
    path(_("privacy/"), privacy.privacy, name="privacy"),
    # The French addresses are those of a link that somebody shares, whatever the language of who follows it.
    path("contribuer/", send.contribute),
    path("contribuer/suivi/<slug:token>/", receipt.receipt),
]
