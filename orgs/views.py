"""The settings of an organization: their front door, and the audit log."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.lib import csvout, keyset
from orgs import queries
from orgs.access import Access, org_view
from orgs.forms import AuditForm
from orgs.pages import settings_context, settings_tabs
from orgs.permissions import Permission
from orgs.queries import AuditFilter


@org_view(Permission.SETTINGS_VIEW)
@require_safe
def settings(request: HttpRequest, access: Access) -> HttpResponse:
    """Lead to the first of the settings pages."""
    return redirect(settings_tabs(access)[0].url)


@org_view(Permission.AUDIT_VIEW)
@require_safe
def audit_log(request: HttpRequest, access: Access) -> HttpResponse:
    """What administrators did, the latest first, filtered as the address says."""
    form = AuditForm(request.GET, programs=queries.program_names(access.organization))
    page = queries.audit_page(
        access.organization, form.which, page=form.said("page"), size=form.rows, query=request.GET
    )
    context = settings_context(access, tab="audit_log") | {
        "form": form,
        "page": page,
        "sizes": keyset.SIZES,
        "is_filtered": form.which != AuditFilter(),
    }
    return render(request, "orgs/audit_log.html", context)


@org_view(Permission.AUDIT_VIEW)
@require_safe
def audit_export(request: HttpRequest, access: Access) -> HttpResponse:
    """The same entries as a file, all pages of them."""
    form = AuditForm(request.GET, programs=queries.program_names(access.organization))
    lines = queries.audit_lines(access.organization, form.which)
    if lines is None:
        text = _("More than %(n)s entries match. Narrow the filter, by days for example, and export again.")
        messages.warning(request, text % {"n": f"{queries.EXPORT_MAX:,}"})
        back = reverse("audit_log", args=[access.organization.slug])
        return redirect(f"{back}?{request.GET.urlencode()}")
    disposition = content_disposition_header(
        as_attachment=True, filename=f"{access.organization.slug}-audit-log.csv"
    )
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    csvout.write(response, queries.AUDIT_HEADER, lines)
    return response
