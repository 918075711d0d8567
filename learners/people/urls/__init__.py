"""The addresses of everything about people: invitations, joining, lists."""

from learners.people.urls import inviting, joining, managing

urlpatterns = [*inviting.urlpatterns, *joining.urlpatterns, *managing.urlpatterns]
