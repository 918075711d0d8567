"""`/xapi/statements` and `/xapi/about`: xAPI 1.0.3 as far as statements go."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from learners.learning.actions import statements as actions
from learners.learning.api import parameters
from learners.learning.api.access import VERSION, VERSION_HEADER, Refusal, api_view, body, json
from learners.learning.models import XapiStatement
from learners.learning.queries import statements as queries
from learners.learning.xapi import reading, validation
from learners.learning.xapi.statements import Statement, build
from learners.learning.xapi.validation import Invalid
from orgs.access import public_view
from orgs.models import Organization

VERSIONS = ("1.0.3", "1.0.2", "1.0.1", "1.0.0")
BATCH = 1_000
THROUGH_HEADER = "X-Experience-API-Consistent-Through"


@public_view("Says which versions of xAPI are spoken; shows nobody's rows")
@require_safe
def about(request: HttpRequest) -> JsonResponse:
    """What xAPI asks of everyone before the first statement."""
    response = JsonResponse({"version": VERSIONS, "extensions": {}})
    response[VERSION_HEADER] = VERSION
    return response


@api_view("GET", "HEAD", "POST", "PUT")
def statements(request: HttpRequest, organization: Organization) -> HttpResponse:
    """Keep statements (POST one or a batch, PUT one under its id) or give them back."""
    if request.method == "POST":
        return _post(request, organization)
    if request.method == "PUT":
        return _put(request, organization)
    for name in parameters.ONE:
        wanted = parameters.statement_id(request.GET.dict(), name)
        if wanted is not None:
            row = queries.find(organization, wanted, voided=name == "voidedStatementId")
            if row is None:
                raise Refusal(404, f"There is no statement with the {name} {wanted}.")
            return _consistent(json(_shown(row)))
    return _consistent(_listed(request, organization))


def _post(request: HttpRequest, organization: Organization) -> HttpResponse:
    if request.GET:
        raise Refusal(400, "POST takes no parameters; to keep one statement under its id use PUT.")
    value = reading.loads(body(request))
    bodies = value if isinstance(value, list) else [value]
    if len(bodies) > BATCH:
        raise Refusal(413, f"A batch holds at most {BATCH:,} statements.")
    rows = [_read(part, number, len(bodies)) for number, part in enumerate(bodies)]
    actions.store(organization=organization, statements=rows, by=None)
    return json([str(row.id) for row in rows])


def _put(request: HttpRequest, organization: Organization) -> HttpResponse:
    wanted = parameters.statement_id(request.GET.dict(), "statementId")
    if wanted is None:
        raise Refusal(400, "PUT needs the parameter statementId.")
    value = reading.loads(body(request))
    if isinstance(value, dict) and "id" not in value:
        value["id"] = str(wanted)
    row = _read(value, 0, 1)
    if row.id != wanted:
        raise Refusal(400, f"The statement's id {row.id} is not the statementId {wanted}.")
    actions.store(organization=organization, statements=[row], by=None)
    return HttpResponse(status=204)


def _read(value: Any, number: int, of: int) -> Statement:
    now = timezone.now()
    try:
        return build(validation.check(value, now), now=now, is_new=True)
    except Invalid as invalid:
        raise Invalid(
            f"Statement {number + 1} of {of}: {invalid.text}" if of > 1 else invalid.text
        ) from invalid


def _listed(request: HttpRequest, organization: Organization) -> JsonResponse:
    wanted = parameters.wanted(request.GET.dict())
    rows = queries.page(
        organization,
        wanted.filters,
        ascending=wanted.ascending,
        after=wanted.after,
        limit=wanted.limit + 1,
    )
    shown = rows[: wanted.limit]
    more = ""
    if len(rows) > len(shown):
        query = request.GET.copy()
        query["cursor"] = parameters.cursor((shown[-1].stored_at, shown[-1].pk))
        more = f"{reverse('xapi_statements')}?{query.urlencode()}"
    return json({"statements": [_shown(row) for row in shown], "more": more})


def _consistent(response: JsonResponse) -> JsonResponse:
    response[THROUGH_HEADER] = queries.consistent_through().isoformat()
    return response


def _shown(row: XapiStatement) -> dict[str, Any]:
    """A statement with what the one who keeps it adds."""
    authority = {
        "objectType": "Agent",
        "account": {"homePage": settings.SITE_URL, "name": row.organization.slug},
    }
    added = {"id": str(row.statement_id), "stored": row.stored_at.isoformat(), "authority": authority}
    return {"timestamp": row.occurred_at.isoformat(), "version": "1.0.0", **row.body, **added}
