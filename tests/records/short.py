"""A schedule with short times."""

SHORT = {
    "id": "short",
    "title": "For tests",
    "source": "A rule",
    "checked": "2026-01-01",
    "classes": {
        "posts": {"title": "Posts", "keep": "P1Y"},
        "rest": {"title": "The rest", "keep": "P3Y"},
        "ever": {"title": "For ever", "keep": "permanent"},
    },
    "rules": [{"direction": ["out", "here"], "kind": ["Create"], "class": "posts"}],
    "otherwise": "rest",
}
