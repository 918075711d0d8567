"""The galleries and the development mailbox; routed only where DEV_PAGES is on."""

from django.urls import URLPattern, path

from config import dev, dev_mail

urlpatterns: list[URLPattern] = [
    path("ui/", dev.dev_ui, name="dev_ui"),
    path("emails/", dev_mail.dev_emails, name="dev_emails"),
    path("emails/<slug:kind>/<int:sample>/", dev_mail.dev_email, name="dev_email"),
    path("emails/<slug:kind>/<int:sample>/html", dev_mail.dev_email_frame, name="dev_email_frame"),
    path("mailbox/", dev_mail.dev_mailbox, name="dev_mailbox"),
    path("mailbox/<str:name>/", dev_mail.dev_letter, name="dev_letter"),
    path("mailbox/<str:name>/html", dev_mail.dev_letter_frame, name="dev_letter_frame"),
]
