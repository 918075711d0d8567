"""The stylesheet that carries an organization's brand: two custom properties.

A strict Content-Security-Policy allows no inline style, so the two numbers travel in a file whose
address contains them; it never changes and is cached for good.
"""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config.lib.colors import CHROMA_LIMIT
from orgs.access import public_view

_NUMBER = re.compile(r"\d{1,3}(\.\d{1,4})?")


@public_view("A stylesheet of two numbers, the same for everyone")
@require_safe
def brand_css(request: HttpRequest, hue: str, chroma: str) -> HttpResponse:
    """`:root{--brand-h:…;--brand-c:…}`; 404 unless hue is 0–360 and chroma 0–0.13."""
    if not (_NUMBER.fullmatch(hue) and _NUMBER.fullmatch(chroma)):
        raise Http404
    if float(hue) > 360 or float(chroma) > CHROMA_LIMIT:
        raise Http404
    response = HttpResponse(f":root{{--brand-h:{hue};--brand-c:{chroma}}}", content_type="text/css")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
