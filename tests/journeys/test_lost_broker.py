"""A broker that forgets everything loses no work: what waits is a row, and the sweeper asks again."""

import pytest
import redis
from django.conf import settings

from learners.models import InviteImport, Membership
from learners.people.actions import bulk
from learners.people.queries.members import Filter
from learners.people.queries.selections import Selection
from orgs.models import OutboundEmail
from orgs.outbox import queue
from tests.factories import ProgramFactory
from tests.journeys.conftest import wait_until
from tests.learners.files import people, start, table
from tests.learners.seats import invite, seat
from tests.orgs.mail import people as addresses

pytestmark = pytest.mark.worker


def forget_everything() -> list[str]:
    """Delete what this test's broker holds, as a restart without its file would; the names of its queues."""
    broker = redis.from_url(settings.REDIS_URL)
    own = list(broker.scan_iter(f"{settings.REDIS_PREFIX}*", count=10_000))
    queues = [key.decode().removeprefix(settings.REDIS_PREFIX) for key in own if broker.type(key) == b"list"]
    broker.delete(*own)
    return queues


def test_a_full_queue_that_was_emptied_is_worked_off_all_the_same(
    absent_worker, monkeypatch, alice, acme, program, contract
):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    forget_everything()
    data = ProgramFactory(organization=acme, name="Data Basics", slug="data")
    for number in range(5):
        seat(program, contract, f"M{number}")
        invite(data, contract, f"I{number}")
    jobs = [
        *(start(program, contract, table(people(40, 100 * n)), alice) for n in range(5)),
        bulk.remove(selection=Selection(program, Filter()), allow_return=False, by=alice),
        bulk.resend(selection=Selection(data, Filter.of("invited", "")), spare_recent=True, by=alice),
    ]
    for address in addresses(20):
        queue(kind="check", recipient=address, organization=None, dedupe=f"check:{address}", data={})
    assert {"bulk", "mail"} <= set(forget_everything())

    absent_worker.start()

    def is_over() -> bool:
        left = OutboundEmail.objects.exclude(state__in=("sent", "cancelled")).exists()
        return not left and all(type(job).objects.get(pk=job.pk).state == "done" for job in jobs)

    wait_until(is_over, seconds=60)
    states = Membership.objects.filter(program=program).values_list("state", flat=True)
    assert sorted(states) == ["invited"] * 200 + ["removed"] * 5
    assert [job.done for job in InviteImport.objects.all()] == [40] * 5
    kinds = list(OutboundEmail.objects.order_by("kind").values_list("kind", flat=True))
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "check": 20,
        "invitation": 205,
        "program_exit": 5,
        "program_welcome": 5,
    }
