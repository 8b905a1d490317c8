"""Build an answer to a question. Pure."""


def build_vote(
    *, uri: str, voter_uri: str, question_uri: str, author_uri: str, title: str
) -> dict[str, object]:
    """Return the Note that chooses one answer of a question (FEP-9967): nobody else's."""
    return {
        "id": uri,
        "type": "Note",
        "name": title,
        "attributedTo": voter_uri,
        "inReplyTo": question_uri,
        "to": [author_uri],
        "cc": [],
    }
