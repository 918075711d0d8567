"""A statement as the rest of the code knows it, told from one that `validation` has accepted."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from config.lib import emails

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
# What the receiver writes; the same statement may come with it or without.
OURS = ("id", "stored", "authority", "version")
# Statements without an id are told apart by their content.
NAMELESS = UUID("6e2f6c1e-6d0b-5d0e-9a54-6f1a3b0c6c11")


@dataclass(frozen=True, slots=True)
class Agent:
    """Who did it, by their one identifier: `kind` is mbox, mbox_sha1sum, openid or account."""

    kind: str
    value: str
    home: str = ""

    @property
    def digest(self) -> str:
        """64 hexadecimal digits by which the statements of this agent are found."""
        return hashlib.sha256(f"{self.kind}\n{self.home}\n{self.value}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Statement:
    """What is asked of a statement; `body` is all of it. `places` are the activities it belongs to, the
    nearest first. `at` is its timestamp, or the moment it came when it has none.
    """

    id: UUID
    digest: str
    body: dict[str, Any]
    agent: Agent | None
    verb: str
    activity: str
    places: tuple[str, ...]
    voids: UUID | None
    at: datetime

    @property
    def result(self) -> dict[str, Any]:
        """What came of it; empty where nothing did."""
        return self.body.get("result", {})


def build(body: dict[str, Any], *, now: datetime, is_new: bool) -> Statement:
    """The statement of an accepted body. Without an id of its own it gets one: when it `is_new` whatever it
    says, otherwise one that its content decides, so that the same line of a file is the same statement.
    """
    digest = _digest(body)
    own = UUID(body["id"]) if "id" in body else _new_id(digest, is_new=is_new)
    target = body["object"]
    kind = target.get("objectType", "Activity")
    return Statement(
        id=own,
        digest=digest,
        body=body,
        agent=agent(body["actor"]),
        verb=body["verb"]["id"],
        activity=target["id"] if kind == "Activity" else "",
        places=tuple(_places(body.get("context", {}).get("contextActivities", {}))),
        voids=UUID(target["id"]) if body["verb"]["id"] == VOIDED else None,
        at=datetime.fromisoformat(body["timestamp"]) if "timestamp" in body else now,
    )


def agent(actor: dict[str, Any]) -> Agent | None:
    """The identifier of an accepted actor; None for a group without one."""
    if "mbox" in actor:
        return Agent("mbox", emails.normalize(actor["mbox"].partition(":")[2]))
    if "mbox_sha1sum" in actor:
        return Agent("mbox_sha1sum", actor["mbox_sha1sum"].lower())
    if "openid" in actor:
        return Agent("openid", actor["openid"])
    if "account" in actor:
        return Agent("account", actor["account"]["name"], actor["account"]["homePage"])
    return None


def _new_id(digest: str, *, is_new: bool) -> UUID:
    return uuid4() if is_new else uuid5(NAMELESS, digest)


def _digest(body: dict[str, Any]) -> str:
    """Equal for equal content, whatever the order of the keys."""
    content = {key: value for key, value in body.items() if key not in OURS}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _places(context: dict[str, Any]) -> Iterator[str]:
    for relation in ("parent", "grouping"):
        activities = context.get(relation, [])
        for activity in activities if isinstance(activities, list) else [activities]:
            yield activity["id"]
