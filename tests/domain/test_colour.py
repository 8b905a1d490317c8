"""A district's colour: hue and strength are kept, lightness is ours."""

import re

import pytest

from fedi_k12.domain.colour import DARK, LIGHT, MAX_CHROMA, Accent, accent_of, srgb, stylesheet

PAPER, BOARD = "#f2f2ec", "#1b221f"


def brightness(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("hue", range(0, 360, 15))
@pytest.mark.parametrize("chroma", [0, 0.05, MAX_CHROMA])
def test_whatever_is_chosen_can_be_read(hue, chroma):
    def of(tokens, name):
        lightness, share = tokens[name]
        return srgb(lightness, chroma * share, hue)

    assert contrast(of(LIGHT, "accent"), PAPER) >= 7
    assert contrast(of(LIGHT, "accent"), of(LIGHT, "accent-wash")) >= 7
    assert contrast(of(DARK, "accent"), BOARD) >= 7


@pytest.mark.parametrize(
    ("colour", "hue"), [("#ff0000", 29.2), ("#00ff00", 142.5), ("#0000ff", 264.1)]
)
def test_a_loud_colour_keeps_its_hue_and_is_calmed(colour, hue):
    found = accent_of(colour)

    assert found.hue == pytest.approx(hue, abs=0.2)
    assert found.chroma == MAX_CHROMA


def test_a_colour_of_ours_is_found_again():
    chosen = Accent(345.0, 0.09)

    again = accent_of(chosen.hex)

    assert again.hue == pytest.approx(345, abs=2)
    assert again.chroma == pytest.approx(0.09, abs=0.004)


def test_grey_has_no_hue():
    assert accent_of("#777777") == Accent(0.0, 0.0)


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "url(x)", "#gggggg"])
def test_what_is_no_colour_is_none(text):
    assert accent_of(text) is None


def test_browsers_without_oklch_get_plain_values():
    text = stylesheet(Accent(172, 0.07))
    plain = text.partition("@supports not (color: oklch(0 0 0))")[2]

    assert "--accent-h: 172; --accent-c: 0.07;" in text
    assert len(re.findall(r"--accent(?:-strong|-wash|-rule)?: #[0-9a-f]{6};", plain)) == 12
    assert text.count("{") == text.count("}")
