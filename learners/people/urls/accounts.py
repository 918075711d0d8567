from django.urls import URLPattern, path

from learners.people.views import accounts

urlpatterns: list[URLPattern] = [
    path("account", accounts.account_settings, name="account_settings"),
    path("account/connect", accounts.account_connect, name="account_connect"),
    path("account/delete", accounts.account_delete, name="account_delete"),
    # In place of the account library's own page of addresses.
    path("accounts/email/", accounts.account_email, name="account_email"),
]
