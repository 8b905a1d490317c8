"""Documents about quotes, as other servers have them (FEP-044f)."""

from tests.remote import PUBLIC

EVERYBODY = {"canQuote": {"automaticApproval": [PUBLIC]}}


def mention(member):
    return [{"type": "Mention", "href": member.account.uri, "name": "@maya"}]


def stamp_document(uri, author, quoting, quoted):
    return {
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": author.uri,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }
