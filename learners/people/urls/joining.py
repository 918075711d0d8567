from django.urls import URLPattern, path

from learners.people.views import joining, programs

urlpatterns: list[URLPattern] = [
    path("", programs.start, name="start"),
    path("programs", programs.my_programs, name="my_programs"),
    path("programs/<slug:slug>", programs.program_page, name="program"),
    path("invitations/<str:token>", joining.invitation, name="invitation"),
]
