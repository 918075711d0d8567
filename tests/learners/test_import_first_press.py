"""The preview of an import as a browser answers it: who agrees with what it says presses one button, once."""

from html.parser import HTMLParser

import pytest

from tests.factories import ContractFactory
from tests.learners.files import address, people, stage, table


class Answer(HTMLParser):
    """What a browser sends when somebody presses the button of the preview and touches nothing else."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields, self.inside = {}, False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        field = dict(attrs)
        if tag == "form":
            self.inside = field.get("id") == "check"
        sent = field.get("type") != "checkbox" or "checked" in field
        if self.inside and tag == "input" and "form" not in field and sent:
            self.fields[field["name"]] = field.get("value", "on")


@pytest.mark.parametrize("seats", ["enough", "too few", "no limit"])
@pytest.mark.parametrize("query", ["", "?chosen=1&mail=on", "?chosen=1&resend=on&recent=on"])
def test_a_file_of_new_people_is_started_by_the_first_press_of_the_button(
    program, contract, bob, signed_in, seats, query
):
    if seats == "no limit":
        contract = ContractFactory(organization=program.organization, kind="unlimited", quantity=None)
    job = stage(program, contract, table(people(12 if seats == "too few" else 3)), bob)
    client = signed_in(bob)
    page = client.get(address("import_detail", program, job.pk) + query)
    client.post(address("import_start", program, job.pk), Answer(page.content.decode()).fields)
    job.refresh_from_db()
    assert (job.state, job.total) == ("queued", page.context["found"].used)
