"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def platform(request: HttpRequest) -> dict[str, object]:
    """The platform's own name and addresses, and whether the development pages are on."""
    return {
        "platform_name": settings.PLATFORM_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "legal_footer": settings.LEGAL_FOOTER,
        "dev_pages": settings.DEV_PAGES,
    }
