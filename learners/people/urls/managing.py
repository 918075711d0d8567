from django.urls import URLPattern, path

from learners.people.views import licences, managing, selecting

LEARNERS = "o/<slug:org>/admin/programs/<slug:program>/learners"
CONTRACTS = "o/<slug:org>/admin/settings/contracts"

urlpatterns: list[URLPattern] = [
    path(LEARNERS, managing.manage_learners, name="manage_learners"),
    path(f"{LEARNERS}/remove", selecting.membership_remove, name="membership_remove"),
    path(f"{LEARNERS}/removals/<int:removal>", managing.membership_removal, name="membership_removal"),
    path(f"{LEARNERS}/link", selecting.invitation_link, name="invitation_link"),
    path(f"{LEARNERS}/resend", selecting.invitation_resend, name="invitation_resend"),
    path(f"{LEARNERS}/resends/<int:resend>", managing.resend_progress, name="resend_progress"),
    path(CONTRACTS, licences.contracts, name="contracts"),
    path(f"{CONTRACTS}/<int:contract>", licences.contract, name="contract"),
]
