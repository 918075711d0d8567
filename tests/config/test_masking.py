"""What logs show of personal links."""

import io
import logging

import pytest

from config.lib.masking import links, mask_links


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /invitations/4-1.GhH5Nc2e2r", "GET /invitations/…"),
        ("Gone: /invitations/4-1.GhH5Nc2e2r?x=1", "Gone: /invitations/…?x=1"),
        ("/accounts/login/?next=/invitations/4-1.GhH5Nc", "/accounts/login/?next=/invitations/…"),
        (
            "/accounts/login/?next=%2Finvitations%2F4-1.GhH5Nc&a=b",
            "/accounts/login/?next=%2Finvitations%2F…&a=b",
        ),
        ("POST /accounts/confirm-email/MTE:1abc:xyz-_/", "POST /accounts/confirm-email/…/"),
        ("/accounts/confirm-email/", "/accounts/confirm-email/"),
        ("/accounts/password/reset/key/1-set-password/", "/accounts/password/reset/key/…/"),
        ("/accounts/password/reset/key/done/", "/accounts/password/reset/key/done/"),
        ("/programs/english", "/programs/english"),
        ("/o/acme/admin/programs/english/learners", "/o/acme/admin/programs/english/learners"),
    ],
)
def test_the_secret_of_a_personal_link_is_cut_off(text, shown):
    assert links(text) == shown


def test_every_text_of_a_log_entry_is_masked_and_the_rest_is_kept():
    entry = {"event": "request_finished", "request": "GET /invitations/4-1.Gh", "code": 410, "user_id": None}

    assert mask_links(None, "info", entry) == entry | {"request": "GET /invitations/…"}


@pytest.mark.django_db
def test_the_configured_log_does_not_show_a_token(client):
    (handler,) = (one for one in logging.getLogger().handlers if one.get_name() == "console")
    written = io.StringIO()
    former = handler.setStream(written)
    try:
        client.get("/invitations/4-1.GhH5Nc2e2r56WxQmNMeg")
    finally:
        handler.setStream(former)

    assert "/invitations/…" in written.getvalue()
    assert "GhH5Nc2e2r56WxQmNMeg" not in written.getvalue()
