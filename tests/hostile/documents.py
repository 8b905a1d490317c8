"""Documents in which nothing is wrong yet."""

from federation.vocab import values

RIA = "https://far.example/users/ria"
NOTE = {
    "id": "https://far.example/notes/1",
    "type": "Note",
    "attributedTo": RIA,
    "content": "<p>Hi</p>",
    "to": [values.PUBLIC],
}
CREATE = {
    "id": "https://far.example/notes/1/activity",
    "type": "Create",
    "actor": RIA,
    "object": NOTE,
}
ACTOR = {"id": RIA, "type": "Person", "preferredUsername": "ria", "inbox": f"{RIA}/inbox"}


def many(count, **parts):
    return [{key: value.format(n) for key, value in parts.items()} for n in range(count)]
