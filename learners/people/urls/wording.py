from django.urls import URLPattern, path

from learners.people.views import wording

ADMIN = "o/<slug:org>/admin"

urlpatterns: list[URLPattern] = [
    path(
        f"{ADMIN}/programs/<slug:program>/invitation-message",
        wording.invitation_message,
        name="invitation_message",
    ),
    path(f"{ADMIN}/settings/invitation-message", wording.invitation_default, name="invitation_default"),
]
