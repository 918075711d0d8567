"""HTML from outside, rebuilt from an allow-list: what is not known to be harmless does not come through."""

import re
from html import escape
from html.parser import HTMLParser

# The attributes that each element may keep.
ALLOWED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("p", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "br", "hr"), ()
    ),
    **dict.fromkeys(("table", "caption", "thead", "tbody", "tr", "td", "sub", "sup", "figure"), ()),
    "th": ("scope",),
    "a": ("href",),
}
SAME = {"b": "strong", "i": "em", "h1": "h3", "h2": "h3", "h5": "h4", "h6": "h4", "div": "p"}
VOID = ("br", "hr")
# What stands inside these is no text for readers.
SILENT = ("script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math", "head")
BLOCKS = ("p", "h3", "h4", "ul", "ol", "pre", "blockquote", "hr", "table", "figure")
# Control characters and spaces before or in a scheme are skipped by browsers.
SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.\-\x00-\x20]*):", re.IGNORECASE)
SCHEMES = ("http", "https", "mailto")
SCOPES = ("row", "col")


def clean(html: str) -> str:
    """The HTML with allowed elements only, every one closed; links lead to the web or a mail address."""
    return _Rebuilder().rebuild(html)


def paragraphs(text: str) -> str:
    """Plain text as HTML: empty lines part paragraphs."""
    parts = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    return "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in parts if part.strip())


def as_text(html: str) -> str:
    """The words of the HTML: plain text, paragraphs parted by empty lines."""
    parts = re.split(r"</?(?:p|div|h[1-6]|ul|ol|li|br|tr|table)\b[^>]*>", html, flags=re.IGNORECASE)
    words = (_Text().read(part) for part in parts)
    return "\n\n".join(" ".join(word.split()) for word in words if word.strip())


class _Rebuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []
        self.silent: list[str] = []

    def rebuild(self, html: str) -> str:
        self.feed(html.replace("\0", ""))
        self.close()
        self.out += [f"</{tag}>" for tag in reversed(self.open)]
        return "".join(self.out).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
        tag = SAME.get(tag, tag)
        if self.silent or tag not in ALLOWED:
            return
        if tag in BLOCKS and "p" in self.open:
            # A paragraph ends where another block begins, as browsers see it.
            self._close("p")
        self.out.append(f"<{tag}{_attributes(tag, attrs)}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent.pop() != tag:
                pass
        elif not self.silent:
            self._close(SAME.get(tag, tag))

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(escape(data, quote=False))

    def _close(self, tag: str) -> None:
        while tag in self.open:
            last = self.open.pop()
            self.out.append(f"</{last}>")
            if last == tag:
                return


class _Text(HTMLParser):
    def read(self, html: str) -> str:
        self.words: list[str] = []
        self.feed(html)
        self.close()
        return "".join(self.words)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _attributes(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    kept = ""
    for name, value in attrs:
        if name in ALLOWED[tag] and value and _is_harmless(name, value):
            kept += f' {name}="{escape(value.strip())}"'
    return f'{kept} rel="noopener nofollow"' if tag == "a" and kept else kept


def _is_harmless(name: str, value: str) -> bool:
    if name == "scope":
        return value in SCOPES
    scheme = SCHEME.match(value)
    return scheme is not None and scheme[1].lower() in SCHEMES
