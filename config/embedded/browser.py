"""Where this machine keeps a Chromium, for the tests marked `browser`."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# What `python -m playwright install chromium` brings.
CACHES = (
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)


def chromium_path() -> str | None:
    """The browser to drive: CHROMIUM when it is set, else the first one found; None when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = filter(None, (*map(shutil.which, NAMES), *map(shutil.which, PLACES)))
    cached = (str(path) for pattern in CACHES for path in sorted(Path.home().glob(pattern), reverse=True))
    return next(found, None) or next(cached, None)
