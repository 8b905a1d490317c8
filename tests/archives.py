"""Archives as X and Facebook make them, small."""

import io
import json
import zipfile

from PIL import Image

TWEETS_HEAD = "window.YTD.tweets.part0 = "
ACCOUNT = (
    'window.YTD.account.part0 = [{"account": {"username": "LincolnES", "accountId": "77"}}]'
)


def picture(color="teal"):
    """Return the bytes of a small picture."""
    made = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(made, "JPEG")
    return made.getvalue()


def zipped(files):
    """Return a ZIP file of {name: text or bytes}."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return made.getvalue()


def tweet(number, text, *, year=2014, **more):
    """Return an entry of `tweets.js`."""
    at = f"Wed Sep 03 14:{number % 60:02d}:00 +0000 {year}"
    return {"tweet": {"id_str": str(number), "created_at": at, "full_text": text, **more}}


def x_archive(tweets, *, media=(), more=()):
    """Return an archive of X: `media` and `more` are {name: bytes} beside the posts."""
    return zipped(
        {
            "data/account.js": ACCOUNT,
            "data/tweets.js": TWEETS_HEAD + json.dumps(tweets),
            **{f"data/tweets_media/{name}": data for name, data in dict(media).items()},
            **dict(more),
        }
    )


def town_archive():
    """Return an archive of X with a bit of everything, of 2014 to 2021."""
    with_picture = {
        "entities": {
            "urls": [
                {
                    "url": "https://t.co/a",
                    "expanded_url": "https://lincoln.example/fair?utm_source=x&day=2",
                }
            ]
        },
        "extended_entities": {
            "media": [
                {
                    "type": "photo",
                    "url": "https://t.co/pic",
                    "media_url_https": "https://pbs.example/media/Fair.jpg",
                    "ext_alt_text": "Three tables with volcanoes",
                }
            ]
        },
    }
    tweets = [
        tweet(1, "First day of school! Buses &amp; bells at 8:00."),
        tweet(2, "Science fair https://t.co/a https://t.co/pic", year=2016, **with_picture),
        tweet(3, "RT @district: Snow day"),
        tweet(
            4, "@parent Please call the office", in_reply_to_user_id_str="5",
            in_reply_to_screen_name="parent",
        ),
        tweet(
            5, "And bring a towel.", year=2021, in_reply_to_status_id_str="2",
            in_reply_to_user_id_str="77", in_reply_to_screen_name="LincolnES",
        ),
    ]  # fmt: skip
    return x_archive(
        tweets,
        media={"2-Fair.jpg": picture()},
        more={"data/direct-messages.js": "window.YTD.direct_messages.part0 = [{}]"},
    )


def facebook_archive(posts, *, media=(), more=()):
    """Return a copy of a Facebook page's information; `media` lies in `posts/media/`."""
    folder = "this_profile_s_activity/posts"
    return zipped(
        {
            f"{folder}/profile_posts_1.json": json.dumps(posts),
            **{f"{folder}/media/{name}": data for name, data in dict(media).items()},
            **{f"{folder}/{name}": data for name, data in dict(more).items()},
        }
    )


def broken_utf8(text):
    """Return a text as Facebook writes it: each byte a sign of its own."""
    return text.encode().decode("latin-1")
