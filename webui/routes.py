"""Every address of the pages."""

from webui import assets, door, front, people, reading, settings, writing

ROUTES = [
    *assets.ROUTES,
    *front.ROUTES,
    *door.ROUTES,
    *settings.ROUTES,
    *reading.ROUTES,
    *writing.ROUTES,
    *people.ROUTES,
]
