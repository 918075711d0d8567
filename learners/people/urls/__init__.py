"""The addresses of everything about people: invitations, joining, lists."""

from learners.people.urls import accounts, inviting, joining, managing, wording

urlpatterns = [
    *accounts.urlpatterns,
    *inviting.urlpatterns,
    *joining.urlpatterns,
    *managing.urlpatterns,
    *wording.urlpatterns,
]
