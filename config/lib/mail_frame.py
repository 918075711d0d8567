"""How a mail's HTML is shown on a page: in a frame of its own, with a policy of its own.

Mails need inline styles, which no page of the site allows; the frame allows these and nothing else.
"""

from django.http import HttpResponse

# Scripts, forms and plugins stay off; a link clicked in the mail opens in place of the page around it.
SANDBOX = "allow-top-navigation-by-user-activation"
POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; frame-ancestors 'self'; "
    f"form-action 'none'; sandbox {SANDBOX}"
)
_QUERY = "(prefers-color-scheme: dark)"


def mail_frame(html: str, theme: str = "") -> HttpResponse:
    """What an `<iframe>` shows; with `theme` "light" or "dark" the mail takes the system for that."""
    if theme:
        media = "all" if theme == "dark" else "not all"
        html = html.replace(_QUERY, media).replace("color-scheme: light dark", f"color-scheme: {theme}")
    html = html.replace("<head>", '<head><base target="_top">', 1).replace(' target="_blank"', "")
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"})
