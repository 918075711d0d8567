"""`/xapi/statements`: what is taken, what is refused and in which words, and what is given back."""

import json

import pytest

from learners.learning.actions import credentials
from learners.models import XapiCredential, XapiStatement
from tests.learners.xapi import ADL, COURSE, QUIZ, URL, VIDEO, Player, statement


@pytest.fixture
def player(acme):
    """The course player of Acme."""
    credential, secret = credentials.create(organization=acme, name="Player", by=None)
    return Player(credential.key, secret)


@pytest.fixture
def foreign(globex):
    """The course player of Globex."""
    credential, secret = credentials.create(organization=globex, name="Player", by=None)
    return Player(credential.key, secret)


def stored() -> int:
    return XapiStatement.objects.count()


def error(response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


# --- Taking and giving back ---------------------------------------------------------------------
def test_one_statement_is_kept_and_given_back_as_it_came_with_what_the_keeper_adds(player, settings):
    settings.SITE_URL = "https://learn.example"
    sent = statement(result={"score": {"scaled": 0.5}})
    response = player.post(sent)
    assert (response.status_code, response.json()) == (200, [sent["id"]])
    response = player.get(statementId=sent["id"])
    given = response.json()
    assert {key: given[key] for key in sent} == sent
    assert given["version"] == "1.0.0"
    assert given["authority"]["account"] == {"homePage": "https://learn.example", "name": "acme"}
    assert given["stored"] == XapiStatement.objects.get().stored_at.isoformat()
    assert response["X-Experience-API-Version"] == "1.0.3"
    assert response["X-Experience-API-Consistent-Through"]


def test_a_batch_answers_with_the_ids_in_its_order(player):
    batch = [statement(), statement(verb="completed")]
    assert player.post(batch).json() == [row["id"] for row in batch]
    assert stored() == 2


def test_a_statement_without_id_and_time_gets_both(player):
    bare = {key: value for key, value in statement().items() if key not in ("id", "timestamp")}
    (first,), (second,) = player.post(bare).json(), player.post(bare).json()
    assert first != second
    row = XapiStatement.objects.get(statement_id=first)
    assert abs((row.stored_at - row.occurred_at).total_seconds()) < 60
    assert player.get(statementId=first).json()["timestamp"] == row.occurred_at.isoformat()


def test_put_keeps_one_under_its_id(player):
    sent = statement()
    nameless = {key: value for key, value in sent.items() if key != "id"}
    assert player.put(nameless, statementId=sent["id"]).status_code == 204
    assert player.put(sent, statementId=sent["id"]).status_code == 204
    assert stored() == 1
    assert error(player.put(statement(), statementId=sent["id"]))[0] == 400
    assert error(player.put(sent)) == (400, "PUT needs the parameter statementId.")
    assert error(player.put([sent], statementId=sent["id"])) == (400, "statement: is not an object.")


def test_the_same_statement_again_changes_nothing_whatever_the_order_of_its_keys(player):
    sent = statement()
    player.post(sent)
    again = dict(reversed(sent.items())) | {"version": "1.0.1", "stored": "2026-06-01T12:00:01Z"}
    assert player.post(again).status_code == 200
    assert player.post([again, statement()]).status_code == 200
    assert stored() == 2


def test_a_known_id_with_other_content_is_a_conflict_and_nothing_of_the_batch_stays(player):
    sent = statement()
    player.post(sent)
    status, text = error(player.post([statement(), sent | {"verb": {"id": f"{ADL}completed"}}]))
    assert (status, text) == (
        409,
        f"A statement with the id {sent['id']} and another content is here already.",
    )
    assert stored() == 1


def test_an_id_twice_in_a_batch_is_refused(player):
    sent = statement()
    assert error(player.post([sent, sent])) == (
        400,
        "The same statement id stands twice in this batch.",
    )
    assert stored() == 0


def test_an_empty_batch_is_no_mistake(player):
    assert player.post([]).json() == []


# --- What is refused ----------------------------------------------------------------------------
NAMED = {"mbox": "mailto:carol@acme.example"}
BROKEN = [
    ({"actor": {"name": "Carol"}}, "statement.actor: lacks an identifier"),
    ({"actor": NAMED | {"openid": "https://carol.example/"}}, "has mbox and openid"),
    ({"actor": {"mbox": "carol@acme.example"}}, "is not an address that begins with mailto:"),
    ({"actor": {"mbox_sha1sum": "abc"}}, "is not the 40 hexadecimal digits of a SHA-1"),
    ({"actor": {"account": {"name": "E-1"}}}, "statement.actor.account.homePage: is missing."),
    ({"actor": {"account": {"name": " ", "homePage": "https://hr.example"}}}, "account.name: is empty."),
    ({"actor": "Carol"}, "statement.actor: is not an object."),
    ({"verb": {"id": "completed"}}, "statement.verb.id: 'completed' is not an IRI"),
    ({"verb": {}}, "statement.verb.id: is missing."),
    ({"verb": {"id": f"{ADL}passed", "display": "passed"}}, "statement.verb.display: is not an object."),
    ({"object": {"id": "quiz"}}, "statement.object.id: 'quiz' is not an IRI"),
    ({"object": {"objectType": "Course", "id": COURSE}}, "'Course' is no kind of object."),
    ({"object": None}, "statement.object: is not an object."),
    ({"id": "17"}, "statement.id: '17' is not a UUID."),
    ({"result": {"score": {"scaled": 1.01}}}, "statement.result.score.scaled: 1.01 is not between -1 and 1."),
    ({"result": {"score": {"scaled": "0.5"}}}, "statement.result.score.scaled: is not a number."),
    ({"result": {"score": {"scaled": True}}}, "statement.result.score.scaled: is not a number."),
    ({"result": {"score": {"raw": 11, "min": 0, "max": 10}}}, "score.raw: 11 is not between min and max."),
    ({"result": {"score": {"min": 10, "max": 0}}}, "statement.result.score: min 10 is not below max 0."),
    ({"result": {"success": "yes"}}, "statement.result.success: is neither true nor false."),
    ({"result": {"duration": "1 hour"}}, "is not an ISO 8601 duration"),
    ({"result": {"duration": "P"}}, "is not an ISO 8601 duration"),
    ({"result": {"extensions": {"progress": 1}}}, "statement.result.extensions: 'progress' is not an IRI"),
    ({"timestamp": "2026-06-01T12:00:00"}, "is not an ISO 8601 time with its zone"),
    ({"timestamp": "2026-02-30T12:00:00Z"}, "is no moment of the calendar."),
    ({"timestamp": "0001-01-01T00:00:00+10:00"}, "is no moment of the calendar."),
    ({"timestamp": "2999-01-01T00:00:00Z"}, "timestamp: 2999-01-01T00:00:00Z lies in the future."),
    ({"version": "2.0.0"}, "is not a version 1.0.x."),
    ({"Verb": {"id": f"{ADL}passed"}}, "statement.Verb: is unknown to xAPI 1.0.3."),
    ({"context": {"registration": "7"}}, "statement.context.registration: '7' is not a UUID."),
    ({"context": {"contextActivities": {"parent": [{}]}}}, "contextActivities.parent[0].id: is missing."),
    ({"context": {"team": NAMED | {"objectType": "Agent"}}}, "statement.context.team.objectType"),
    ({"verb": {"id": f"{ADL}voided"}}, "a voiding statement names the statement that it voids"),
    ({"attachments": [{}]}, "statement.attachments[0].usageType: is missing."),
]


@pytest.mark.parametrize(("change", "sentence"), BROKEN, ids=[sentence for _, sentence in BROKEN])
def test_a_broken_statement_is_refused_with_the_place_and_the_rest_of_its_batch(player, change, sentence):
    status, text = error(player.post([statement(), statement() | change]))
    assert status == 400
    assert text.startswith("Statement 2 of 2: ")
    assert sentence in text
    assert stored() == 0


GOOD = [
    {"timestamp": "2026-06-01T12:00:00.123456789+02:00"},
    {"result": {"duration": "PT1H30M12.5S", "score": {"scaled": -1, "raw": 0, "min": 0, "max": 10}}},
    {"actor": {"objectType": "Group", "member": [NAMED]}},
    {"object": {"objectType": "Agent", **NAMED}},
    {"object": {"objectType": "SubStatement", "actor": NAMED, "verb": {"id": f"{ADL}asked"},
                "object": {"id": VIDEO}}},
    {"context": {"contextActivities": {"parent": {"id": COURSE}}, "language": "pt-BR", "platform": "Web"}},
    {"context": {"instructor": NAMED, "extensions": {"https://x.example/null": None}}},
]  # fmt: skip


@pytest.mark.parametrize("change", GOOD, ids=str)
def test_what_xapi_allows_is_taken(player, change):
    response = player.post(statement() | change)
    assert response.status_code == 200, response.content


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (" ", "This is not JSON"),
        ("{", "This is not JSON"),
        (b'{"id": "\xff"}', "The text is not UTF-8."),
        ("[" * 100_000, "nested more than 100 levels"),
        ('{"a": NaN}', "NaN is no number of JSON."),
        ('{"a": 1e999}', "1e999 is too large a number."),
        ('{"a": "\\u0000"}', "a NUL or half a surrogate pair"),
        ('{"a": "\\ud800"}', "a NUL or half a surrogate pair"),
        ('{"a": ' + "9" * 5_000 + "}", "This is not JSON"),
        ("7", "statement: is not an object."),
        ("[[]]", "statement: is not an object."),
    ],
)
def test_what_is_no_json_that_can_be_kept_is_refused(player, body, sentence):
    status, text = error(player.post(body))
    assert status == 400
    assert sentence in text


def test_other_content_types_are_refused(player):
    assert error(player.post("{}", kind="text/plain")) == (
        400,
        "Send the statements as application/json in UTF-8.",
    )
    assert "Attachments are not taken" in error(player.post("x", kind="multipart/mixed; boundary=x"))[1]
    assert error(player.post("{}", kind="application/json; charset=latin-1"))[0] == 400
    assert player.post("[]", kind="application/json; charset=UTF-8").status_code == 200


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(player, settings):
    body = json.dumps([statement()]) + " " * 10 * 1024 * 1024
    assert error(player.post(body)) == (
        413,
        "The body is larger than 2,097,152 bytes: send fewer statements at a time.",
    )
    settings.XAPI_MAX_BODY = 11 * 1024 * 1024
    assert player.post(body).status_code == 200


def test_a_batch_of_more_than_a_thousand_is_refused(player):
    small = statement()
    assert error(player.post([small] * 1_001)) == (413, "A batch holds at most 1,000 statements.")


def test_the_version_must_be_named(player):
    for version in ("", "0.95", "2.0.0", "1.0.3x"):
        player.headers["X-Experience-API-Version"] = version
        assert error(player.get()) == (400, "Name a version 1.0.x in the header X-Experience-API-Version.")
    player.headers["X-Experience-API-Version"] = "1.0"
    assert player.get().status_code == 200


def test_other_methods_are_refused(player):
    response = player.client.delete(URL, headers=player.headers)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST, PUT")


def test_a_credential_that_asks_too_often_is_slowed_down(player, settings, own_cache):
    settings.XAPI_REQUESTS_PER_MINUTE = 2
    codes = [player.get().status_code for _ in range(3)]
    assert codes == [200, 200, 429]


# --- Who may ------------------------------------------------------------------------------------
def test_a_wrong_secret_and_a_revoked_credential_are_refused(player, acme):
    row = XapiCredential.objects.get()
    assert player.get().status_code == 200
    for attempt in (Player(), Player(row.key, "wrong"), Player("nobody", "x"), Player("a\0b", "x")):
        response = attempt.get()
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Basic")
    credentials.revoke(credential=row, by=None)
    assert player.get().status_code == 401
    assert player.post(statement()).status_code == 401
    assert stored() == 0


def test_only_a_digest_of_the_secret_is_kept_and_the_last_use_is_noted(player, acme):
    row, secret = credentials.create(organization=acme, name="Other", by=None)
    assert secret not in str(vars(XapiCredential.objects.get(pk=row.pk)))
    assert row.last_used_at is None
    Player(row.key, secret).get()
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_another_organization_sees_nothing_and_may_use_the_same_ids(player, foreign):
    sent = statement()
    player.post(sent)
    assert foreign.ids() == []
    assert foreign.get(statementId=sent["id"]).status_code == 404
    assert foreign.post(sent | {"verb": {"id": f"{ADL}completed"}}).status_code == 200
    assert foreign.get(statementId=sent["id"]).json()["verb"] == {"id": f"{ADL}completed"}
    assert player.get(statementId=sent["id"]).json()["verb"] == {"id": f"{ADL}experienced"}


def test_another_organization_voids_nothing_here(player, foreign):
    sent = statement()
    player.post(sent)
    foreign.post(statement("voided") | {"object": {"objectType": "StatementRef", "id": sent["id"]}})
    assert player.ids() == [sent["id"]]


def test_about_is_open_to_everyone(client, db):
    response = client.get("/xapi/about")
    assert response.json() == {"version": ["1.0.3", "1.0.2", "1.0.1", "1.0.0"], "extensions": {}}
    assert response["X-Experience-API-Version"] == "1.0.3"


# --- Lists --------------------------------------------------------------------------------------
@pytest.fixture
def four(player):
    """Four statements, each stored later than the one before."""
    dana = {"mbox": "mailto:DANA@acme.example", "name": "Dana"}
    context = {"registration": "11111111-2222-4333-8444-555555555555"}
    rows = [statement(), statement("passed", QUIZ), statement(actor=dana), statement(context=context)]
    for row in rows:
        player.post(row)
    return [row["id"] for row in rows]


def test_a_list_begins_with_the_newest_and_turns_pages_by_more(player, four):
    assert player.ids() == four[::-1]
    page = player.get(limit=3, ascending="true").json()
    assert [row["id"] for row in page["statements"]] == four[:3]
    rest = player.follow(page["more"]).json()
    assert ([row["id"] for row in rest["statements"]], rest["more"]) == (four[3:], "")
    page = player.get(limit=3).json()
    assert [row["id"] for row in player.follow(page["more"]).json()["statements"]] == four[:1]
    assert player.ids(limit=0) == four[::-1]


def test_a_list_is_filtered(player, four):
    agent = json.dumps({"mbox": "mailto:dana@acme.example", "objectType": "Agent"})
    assert player.ids(agent=agent) == [four[2]]
    assert player.ids(verb=f"{ADL}passed") == [four[1]]
    assert player.ids(activity=QUIZ) == [four[1]]
    assert player.ids(registration="11111111-2222-4333-8444-555555555555") == [four[3]]
    third = player.get(statementId=four[2]).json()["stored"]
    assert player.ids(since=third) == [four[3]]
    assert player.ids(until=third, ascending="true") == four[:3]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"agent": "{"}, "agent: This is not JSON"),
        ({"agent": "{}"}, "agent: actor: lacks an identifier"),
        ({"since": "yesterday"}, "since: 'yesterday' is not an ISO 8601 time"),
        ({"limit": "-1"}, "limit: is not a whole number"),
        ({"ascending": "yes"}, "ascending: is neither true nor false."),
        ({"cursor": "x"}, "cursor: follow the address in `more` as it is."),
        ({"related_agents": "true"}, "related_agents=true is not offered here"),
        ({"format": "ids"}, "format=ids is not offered here"),
        ({"color": "red"}, "color: is no parameter of this address."),
        ({"statementId": "7"}, "statementId: '7' is not a UUID."),
        ({"statementId": "7", "verb": "x"}, "statementId comes alone, without verb."),
    ],
)
def test_a_broken_query_is_refused(player, query, sentence):
    status, text = error(player.get(**query))
    assert status == 400
    assert text.startswith(sentence)


def test_a_voided_statement_is_found_by_voided_statement_id_only(player):
    sent = statement()
    reference = {"objectType": "StatementRef", "id": sent["id"]}
    voiding = statement("voided") | {"object": reference}
    player.post([sent, voiding])
    assert player.get(statementId=sent["id"]).status_code == 404
    assert player.get(voidedStatementId=sent["id"]).json()["id"] == sent["id"]
    assert player.ids() == [voiding["id"]]
    assert player.get(voidedStatementId=voiding["id"]).status_code == 404
    player.post(statement("voided") | {"object": {"objectType": "StatementRef", "id": voiding["id"]}})
    assert player.get(statementId=voiding["id"]).status_code == 200
