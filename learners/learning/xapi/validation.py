"""The rules of xAPI 1.0.3 that a statement must keep. Each breach is one sentence that names the place."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from learners.learning.xapi.statements import VOIDED

# How far the clock of another system may be ahead of ours.
AHEAD = timedelta(minutes=10)
IRI_MAX = 2_000
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
RELATIONS = ("parent", "grouping", "category", "other")
UUID_FORM = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
IRI_FORM = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)
MAILTO_FORM = re.compile(r"mailto:[^@\s]+@[^@\s]+", re.IGNORECASE)
SHA1_FORM = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
LANGUAGE_FORM = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*", re.IGNORECASE)
MOMENT_FORM = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)", re.IGNORECASE
)
DURATION_FORM = re.compile(
    r"P(?=.)(\d+W|(\d+([.,]\d+)?Y)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?D)?"
    r"(T(?=\d)(\d+([.,]\d+)?H)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?S)?)?)"
)
VERSION_FORM = re.compile(r"1\.0(\.\d+)?")
Check = Callable[[Any, str], None]


class Invalid(ValueError):
    """The statement breaks a rule; `text` says which, in one sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def check(body: Any, now: datetime) -> dict[str, Any]:
    """Return the statement when it keeps the rules. Raises Invalid at the first that it breaks.

    A timestamp more than 10 minutes after `now` is a clock that is wrong: nobody has learned tomorrow.
    """
    _statement(body, "statement")
    if "timestamp" in body and datetime.fromisoformat(body["timestamp"]) > now + AHEAD:
        raise Invalid(f"timestamp: {body['timestamp']} lies in the future.")
    if body["verb"]["id"] == VOIDED and body["object"].get("objectType") != "StatementRef":
        raise Invalid("object: a voiding statement names the statement that it voids by a StatementRef.")
    return body


def check_actor(value: Any) -> None:
    """Raises Invalid when this is no agent or group with one identifier."""
    _actor(value, "actor")


def check_moment(value: Any, name: str) -> None:
    """Raises Invalid when this is no ISO 8601 time with a zone."""
    _moment(value, name)


def _statement(value: Any, path: str) -> None:
    _object(
        value,
        path,
        required=("actor", "verb", "object"),
        checks={
            "id": _uuid,
            "actor": _actor,
            "verb": _verb,
            "object": _target,
            "result": _result,
            "context": _context,
            "timestamp": _moment,
            "stored": _moment,
            "authority": _actor,
            "version": _version,
            "attachments": _attachments,
        },
    )
    kind = value["object"].get("objectType", "Activity")
    context = value.get("context", {})
    if kind != "Activity" and ("revision" in context or "platform" in context):
        raise Invalid(f"{path}.context: revision and platform are for activities only.")


def _actor(value: Any, path: str) -> None:
    _agent_shape(value, path, group=_is_group(value))


def _is_group(value: Any) -> bool:
    return isinstance(value, dict) and value.get("objectType") == "Group"


def _agent(value: Any, path: str) -> None:
    _agent_shape(value, path, group=False)


def _group(value: Any, path: str) -> None:
    _agent_shape(value, path, group=True)


def _agent_shape(value: Any, path: str, *, group: bool) -> None:
    checks: dict[str, Check] = {
        "objectType": _one_of("Group" if group else "Agent"),
        "name": _text,
        "mbox": _form(MAILTO_FORM, "an address that begins with mailto:"),
        "mbox_sha1sum": _form(SHA1_FORM, "the 40 hexadecimal digits of a SHA-1"),
        "openid": _iri,
        "account": _account,
    }
    if group:
        checks["member"] = _list_of(_agent)
    _object(value, path, required=(), checks=checks)
    given = [name for name in IDENTIFIERS if name in value]
    if len(given) > 1:
        raise Invalid(f"{path}: has {' and '.join(given)}; exactly one of them identifies an actor.")
    if not given and not (group and value.get("member")):
        raise Invalid(f"{path}: lacks an identifier: one of {', '.join(IDENTIFIERS)}.")


def _account(value: Any, path: str) -> None:
    _object(value, path, required=("homePage", "name"), checks={"homePage": _iri, "name": _text})
    if not value["name"].strip():
        raise Invalid(f"{path}.name: is empty.")


def _verb(value: Any, path: str) -> None:
    _object(value, path, required=("id",), checks={"id": _iri, "display": _language_map})


def _target(value: Any, path: str) -> None:
    kind = value.get("objectType", "Activity") if isinstance(value, dict) else "Activity"
    if kind == "Activity":
        _activity(value, path)
    elif kind in ("Agent", "Group"):
        _actor(value, path)
    elif kind == "StatementRef":
        _reference(value, path)
    elif kind == "SubStatement":
        _sub_statement(value, path)
    else:
        raise Invalid(f"{path}.objectType: {kind!r} is no kind of object.")


def _activity(value: Any, path: str) -> None:
    checks = {"objectType": _one_of("Activity"), "id": _iri, "definition": _definition}
    _object(value, path, required=("id",), checks=checks)


def _definition(value: Any, path: str) -> None:
    components = dict.fromkeys(("choices", "scale", "source", "target", "steps"), _list_of(_component))
    _object(
        value,
        path,
        required=(),
        checks={
            "name": _language_map,
            "description": _language_map,
            "type": _iri,
            "moreInfo": _iri,
            "interactionType": _text,
            "correctResponsesPattern": _list_of(_text),
            "extensions": _extensions,
            **components,
        },
    )


def _component(value: Any, path: str) -> None:
    _object(value, path, required=("id",), checks={"id": _text, "description": _language_map})


def _reference(value: Any, path: str) -> None:
    checks = {"objectType": _one_of("StatementRef"), "id": _uuid}
    _object(value, path, required=("objectType", "id"), checks=checks)


def _sub_statement(value: dict[str, Any], path: str) -> None:
    for name in ("id", "stored", "version", "authority"):
        if name in value:
            raise Invalid(f"{path}.{name}: a SubStatement has none.")
    inner = {name: part for name, part in value.items() if name != "objectType"}
    if isinstance(inner.get("object"), dict) and inner["object"].get("objectType") == "SubStatement":
        raise Invalid(f"{path}.object: a SubStatement holds no further one.")
    _statement(inner, path)


def _result(value: Any, path: str) -> None:
    _object(
        value,
        path,
        required=(),
        checks={
            "score": _score,
            "success": _boolean,
            "completion": _boolean,
            "response": _text,
            "duration": _form(DURATION_FORM, "an ISO 8601 duration, such as PT1H30M"),
            "extensions": _extensions,
        },
    )


def _score(value: Any, path: str) -> None:
    parts = dict.fromkeys(("scaled", "raw", "min", "max"), _number)
    _object(value, path, required=(), checks=parts)
    scaled, raw = value.get("scaled"), value.get("raw")
    low, high = value.get("min"), value.get("max")
    if scaled is not None and not -1 <= scaled <= 1:
        raise Invalid(f"{path}.scaled: {scaled} is not between -1 and 1.")
    if low is not None and high is not None and low >= high:
        raise Invalid(f"{path}: min {low} is not below max {high}.")
    if raw is not None and (low is not None and raw < low or high is not None and raw > high):
        raise Invalid(f"{path}.raw: {raw} is not between min and max.")


def _context(value: Any, path: str) -> None:
    _object(
        value,
        path,
        required=(),
        checks={
            "registration": _uuid,
            "instructor": _actor,
            "team": _group,
            "contextActivities": _context_activities,
            "revision": _text,
            "platform": _text,
            "language": _form(LANGUAGE_FORM, "a language tag, such as en or pt-BR"),
            "statement": _reference,
            "extensions": _extensions,
        },
    )


def _context_activities(value: Any, path: str) -> None:
    _object(value, path, required=(), checks=dict.fromkeys(RELATIONS, _activities))


def _activities(value: Any, path: str) -> None:
    if isinstance(value, list):
        _list_of(_activity)(value, path)
    else:
        _activity(value, path)


def _attachments(value: Any, path: str) -> None:
    _list_of(_attachment)(value, path)


def _attachment(value: Any, path: str) -> None:
    _object(
        value,
        path,
        required=("usageType", "display", "contentType", "length", "sha2", "fileUrl"),
        checks={
            "usageType": _iri,
            "display": _language_map,
            "description": _language_map,
            "contentType": _text,
            "length": _number,
            "sha2": _text,
            "fileUrl": _iri,
        },
    )


def _object(value: Any, path: str, *, required: Collection[str], checks: Mapping[str, Check]) -> None:
    if not isinstance(value, dict):
        raise Invalid(f"{path}: is not an object.")
    for name in required:
        if name not in value:
            raise Invalid(f"{path}.{name}: is missing.")
    for name, part in value.items():
        if name not in checks:
            raise Invalid(f"{path}.{name}: is unknown to xAPI 1.0.3.")
        checks[name](part, f"{path}.{name}")


def _list_of(one: Check) -> Check:
    def check_list(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise Invalid(f"{path}: is not a list.")
        for number, part in enumerate(value):
            one(part, f"{path}[{number}]")

    return check_list


def _one_of(*allowed: str) -> Check:
    def check_choice(value: Any, path: str) -> None:
        if value not in allowed:
            raise Invalid(f"{path}: {value!r} is not {' or '.join(allowed)}.")

    return check_choice


def _form(form: re.Pattern[str], described: str) -> Check:
    def check_form(value: Any, path: str) -> None:
        _text(value, path)
        if not form.fullmatch(value):
            raise Invalid(f"{path}: {value[:80]!r} is not {described}.")

    return check_form


def _text(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise Invalid(f"{path}: is not a text.")


def _boolean(value: Any, path: str) -> None:
    if not isinstance(value, bool):
        raise Invalid(f"{path}: is neither true nor false.")


def _number(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(f"{path}: is not a number.")


def _iri(value: Any, path: str) -> None:
    _text(value, path)
    if len(value) > IRI_MAX or not IRI_FORM.fullmatch(value):
        raise Invalid(f"{path}: {value[:80]!r} is not an IRI of at most {IRI_MAX:,} characters.")


def _uuid(value: Any, path: str) -> None:
    if not isinstance(value, str) or not UUID_FORM.fullmatch(value):
        raise Invalid(f"{path}: {str(value)[:80]!r} is not a UUID.")
    UUID(value)


def _version(value: Any, path: str) -> None:
    _form(VERSION_FORM, "a version 1.0.x")(value, path)


def _moment(value: Any, path: str) -> None:
    _form(MOMENT_FORM, "an ISO 8601 time with its zone, such as 2026-11-23T09:30:00Z")(value, path)
    try:
        datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{path}: {value!r} is no moment of the calendar.") from None


def _language_map(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise Invalid(f"{path}: is not an object.")
    for tag, text in value.items():
        _form(LANGUAGE_FORM, "a language tag, such as en or pt-BR")(tag, path)
        _text(text, f"{path}.{tag}")


def _extensions(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise Invalid(f"{path}: is not an object.")
    for name in value:
        _iri(name, path)
