"""A system elsewhere that speaks xAPI, for the tests."""

import json
from base64 import b64encode
from uuid import uuid4

from django.test import Client

ADL = "http://adlnet.gov/expapi/verbs/"
URL = "/xapi/statements"
COURSE = "https://courses.example/python"
VIDEO = "https://courses.example/python/video-1"
QUIZ = "https://courses.example/python/quiz-1"


def statement(verb="experienced", activity=VIDEO, *, actor="carol@acme.example", **more) -> dict:
    """A statement of Carol's about the video of the course, at noon of 1 June 2026."""
    return {
        "id": str(uuid4()),
        "actor": {"mbox": f"mailto:{actor}"} if isinstance(actor, str) else actor,
        "verb": {"id": verb if ":" in verb else f"{ADL}{verb}"},
        "object": {"id": activity},
        "timestamp": "2026-06-01T12:00:00Z",
        **more,
    }


class Player:
    """Holds a credential, or none."""

    def __init__(self, key="", secret="") -> None:
        self.client = Client()
        self.headers = {"X-Experience-API-Version": "1.0.3"}
        if key:
            self.headers["Authorization"] = f"Basic {b64encode(f'{key}:{secret}'.encode()).decode()}"

    def post(self, body, kind="application/json", **headers):
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(URL, data, content_type=kind, headers=self.headers | headers)

    def put(self, body, **query):
        return self.client.put(
            URL, json.dumps(body), content_type="application/json", headers=self.headers, query_params=query
        )

    def get(self, **query):
        return self.client.get(URL, query, headers=self.headers)

    def follow(self, address):
        return self.client.get(address, headers=self.headers)

    def ids(self, **query) -> list[str]:
        """The ids of the statements that a list gives, in its order."""
        return [row["id"] for row in self.get(**query).json()["statements"]]
