"""Filled in by the platform."""


def fill(environ, base):
    """Nothing yet."""
