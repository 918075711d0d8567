"""The demo's courses: topics written once, put together into courses by a small builder."""
