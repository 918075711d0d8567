"""What items hold: checked by kind, HTML rebuilt from what is known to be harmless."""

import pytest

from catalog import content
from catalog.reading.refused import Refused
from config.lib import safe_html

OPTIONS = [{"text": "Yes", "correct": True, "feedback": "Well done."}, {"text": "No"}]
QUESTION = {"text": "Is SQL a language?", "options": OPTIONS}
RUBRIC = [{"criterion": "Clear", "points": 5}]


def test_a_reading_is_html_without_danger_or_plain_paragraphs():
    assert content.clean("reading", {"html": "<p onclick=x>Hi<script>alert(1)</script></p>"}) == {
        "html": "<p>Hi</p>"
    }
    assert content.clean("reading", {"text": "One & two\n\nthree"}) == {
        "html": "<p>One &amp; two</p><p>three</p>"
    }


def test_a_video_has_captions_by_language():
    given = {"url": "https://v.example/1.mp4", "captions": [{"language": "French", "url": "/c/1.vtt"}]}
    assert content.clean("video", given) == {
        "url": "https://v.example/1.mp4",
        "captions": [{"language": "fr", "label": "fr", "url": "/c/1.vtt"}],
        "transcript": "",
    }


def test_each_kind_of_question_is_kept_with_what_belongs_to_it():
    asked = [
        QUESTION | {"points": 2, "secret": "x"},
        {"kind": "multiple", "text": "Which?", "options": [*OPTIONS, {"text": "Both", "correct": True}]},
        {"kind": "numeric", "text": "2 + 2?", "answer": 4, "tolerance": 0.5},
        {"kind": "text", "text": "Keyword to read rows?", "answers": ["SELECT", " select "], "key": "k 1"},
    ]
    questions = content.clean("graded_quiz", {"questions": asked})["questions"]
    assert [(one["key"], one["kind"], one["points"]) for one in questions] == [
        ("q1", "single", 2),
        ("q2", "multiple", 1),
        ("q3", "numeric", 1),
        ("k-1", "text", 1),
    ]
    assert questions[0]["options"][1] == {"text": "No", "correct": False, "feedback": ""}
    assert "secret" not in questions[0]
    assert (questions[2]["answer"], questions[2]["tolerance"], questions[3]["answers"]) == (
        4,
        0.5,
        ["SELECT", "select"],
    )


def test_an_assignment_has_a_rubric_and_says_who_grades():
    cleaned = content.clean(
        "assignment", {"instructions": "<p>Write.</p>", "rubric": RUBRIC, "grading": "peers"}
    )
    assert (cleaned["grading"], cleaned["reviews"]) == ("peers", 3)
    assert cleaned["rubric"] == [{"criterion": "Clear", "points": 5, "description": ""}]


BAD = [
    ("reading", {}, "A reading needs “html” or “text”."),
    ("reading", "text", "The content of an item must be a JSON object."),
    ("video", {"url": "http://v.example/1"}, "A video needs a “url” that begins with https:// or /."),
    ("video", {"url": "//v.example/1"}, "A video needs a “url” that begins with https:// or /."),
    ("video", {"url": "javascript:alert(1)"}, "A video needs a “url” that begins with https:// or /."),
    ("discussion", {"url": "https://"}, "A discussion needs a “url” that begins with https:// or /."),
    ("practice_quiz", {}, "A quiz needs at least one question."),
    ("practice_quiz", {"questions": "x"}, "“questions” must be a list of JSON objects."),
    (
        "graded_quiz",
        {"questions": [QUESTION | {"kind": "essay"}]},
        "Question 1: its kind must be single, multiple, numeric or text.",
    ),
    ("graded_quiz", {"questions": [QUESTION, {"options": OPTIONS}]}, "Question 2 has no text."),
    ("graded_quiz", {"questions": [QUESTION | {"points": 0}]}, "Question 1: its points must be more than 0."),
    (
        "graded_quiz",
        {"questions": [{"text": "?", "options": OPTIONS[:1]}]},
        "Question 1 needs two options or more, each with a text.",
    ),
    (
        "graded_quiz",
        {"questions": [{"text": "?", "options": OPTIONS[1:] * 2}]},
        "Question 1 must have exactly one right option.",
    ),
    (
        "graded_quiz",
        {"questions": [{"text": "?", "kind": "multiple", "options": OPTIONS[1:] * 2}]},
        "Question 1 has no right option.",
    ),
    (
        "graded_quiz",
        {"questions": [{"text": "?", "kind": "numeric", "answer": "4"}]},
        "Question 1 needs a number as its answer.",
    ),
    ("graded_quiz", {"questions": [{"text": "?", "kind": "text"}]}, "Question 1 needs at least one answer."),
    (
        "graded_quiz",
        {"questions": [QUESTION | {"key": "a"}] * 2},
        "Two questions of a quiz have the same key.",
    ),
    ("assignment", {"rubric": RUBRIC}, "An assignment needs “instructions”."),
    ("assignment", {"instructions": "x"}, "An assignment needs a rubric: criteria, each with its points."),
    (
        "assignment",
        {"instructions": "x", "rubric": RUBRIC, "grading": "dice"},
        "An assignment is graded by “administrator” or “peers”.",
    ),
    (
        "assignment",
        {"instructions": "x", "rubric": RUBRIC, "reviews": 0},
        "“reviews” says how many peers grade a work: 1 to 10.",
    ),
]


@pytest.mark.parametrize(("kind", "given", "sentence"), BAD)
def test_content_that_cannot_be_is_refused_in_a_sentence(kind, given, sentence):
    with pytest.raises(Refused) as raised:
        content.clean(kind, given)
    assert raised.value.text == sentence


@pytest.mark.parametrize(
    ("html", "rebuilt"),
    [
        ("<p>Hi <b>you</b>", "<p>Hi <strong>you</strong></p>"),
        (
            '<a href="https://x.example/?a=1&b=2" onclick="x()">go</a>',
            '<a href="https://x.example/?a=1&amp;b=2" rel="noopener nofollow">go</a>',
        ),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href=" java\tscript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="//evil.example">x</a>', "<a>x</a>"),
        ("<img src=x onerror=alert(1)><p onmouseover=x>t", "<p>t</p>"),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
        ("<svg><a href='javascript:1'>x</a></svg>after", "after"),
        ("<style>p{}</style><iframe src=x>y</iframe>z", "z"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("</p></div>x", "x"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<!-- <script> -->x<script", "x&lt;script"),
        ('<th scope="col onclick=x">h', "<th>h</th>"),
    ],
)
def test_html_is_rebuilt_from_the_allow_list(html, rebuilt):
    assert safe_html.clean(html) == rebuilt


def test_html_becomes_plain_text_with_its_paragraphs():
    assert safe_html.as_text("<p>One &amp; <b>two</b></p><ul><li>a</li></ul>") == "One & two\n\na"
