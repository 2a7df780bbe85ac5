"""The doors of the watch that are open to the public."""

from django.urls import path

from tracker.contribute import views

urlpatterns = [
    path("veille/", views.watch, name="watch"),
]
