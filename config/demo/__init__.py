"""The demo organizations: invented people, told by one story, the same for the same seed and day."""
