import math

import pytest
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from PIL import Image, ImageChops

from provenance.marking import label as labelling
from provenance.marking import lettering
from provenance.marking.errors import MarkingError
from provenance.marking.label import Box, Label, apply

TEXTS = ["AI生成", "由AI生成", "AI GENERATED", "AI MODIFIED", "AI 생성물", "AI"]
SIZES = [(64, 64), (256, 256), (512, 768), (1024, 1024), (3840, 2160), (4000, 40), (40, 4000), (96, 1000), (20, 200)]


def _ground(size: tuple[int, int], colour: tuple[int, int, int] = (90, 140, 60)) -> Image.Image:
    return Image.new("RGB", size, colour)


def _luminance(colour: tuple[int, ...]) -> float:
    """WCAG 2.2 relative luminance."""
    parts = [c / 255 for c in colour[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    bright, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("letter", [*"AI生成由생성물GENRATDMOF"])
@pytest.mark.parametrize("height", [11, 14, 27, 53, 110])
def test_every_letter_is_as_high_as_asked_by_measured_ink(letter: str, height: int) -> None:
    """Rows in which the ink is at least half as strong as it can be."""
    mask = lettering.draw(letter, height=height)
    ink = mask.point(lambda value: 255 if value >= 128 else 0).getbbox()
    assert ink is not None
    assert ink[3] - ink[1] >= height / 1.05 - 1
    assert mask.size == (lettering.width(letter, height=height), height)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", TEXTS)
def test_the_text_measures_at_least_five_per_cent_of_the_shorter_side(text: str, size: tuple[int, int]) -> None:
    if size == (20, 200) and text == "AI GENERATED":
        text = "AI"
    labelled = apply(_ground(size), label=Label(text))
    box = labelled.region
    plate = labelled.image.crop((box.x, box.y, box.x + box.width, box.y + box.height)).convert("L")
    # Light text on a dark plate: the ink is what is brighter than half-way.
    ink = plate.point(lambda value: 255 if value > 136 else 0).getbbox()
    assert ink is not None
    assert ink[3] - ink[1] >= math.ceil(0.05 * min(size))
    assert labelled.text_height >= labelling.least_height(size, share=0.05)
    readable = labelling.LEAST_READABLE if text.isascii() else labelling.LEAST_READABLE_OF_MANY
    assert labelled.text_height >= readable


@pytest.mark.parametrize("place", labelling.PLACES)
@pytest.mark.parametrize("size", SIZES)
def test_the_plate_stands_whole_in_its_corner_or_at_its_edge(place: str, size: tuple[int, int]) -> None:
    box = apply(_ground(size), label=Label("AI", place=place)).region
    assert box.x >= 0
    assert box.y >= 0
    assert box.x + box.width <= size[0]
    assert box.y + box.height <= size[1]
    above, below = box.y, size[1] - box.y - box.height
    left, right = box.x, size[0] - box.x - box.width
    assert above <= below if place.startswith("top") else below <= above
    if place.endswith("left"):
        assert left <= right
    elif place.endswith("right"):
        assert right <= left
    else:
        assert abs(left - right) <= 1


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (17, 17, 17)])
def test_the_contrast_of_the_text_never_depends_on_the_picture(ground: tuple[int, int, int]) -> None:
    labelled = apply(_ground((512, 512), ground), label=Label("AI生成"))
    box = labelled.region
    plate = labelled.image.crop((box.x, box.y, box.x + box.width, box.y + box.height))
    colours = sorted(plate.getcolors(100_000) or [], reverse=True)
    main, ink = colours[0][1], colours[1][1]
    assert isinstance(main, tuple)
    assert isinstance(ink, tuple)
    assert _contrast(main, ink) > 18
    # The plate stands out from what is around it, too.
    assert _contrast(main, ground) > 1.5 or ground == (17, 17, 17)


@fewer(max_examples=40, deadline=None)
@given(
    st.integers(64, 900),
    st.integers(64, 900),
    st.sampled_from(TEXTS),
    st.sampled_from(labelling.PLACES),
    st.floats(0.01, 0.08),
)
def test_outside_its_region_no_pixel_changes(width: int, height: int, text: str, place: str, share: float) -> None:
    picture = Image.effect_noise((width, height), 90).convert("RGB")
    labelled = apply(picture, label=Label(text, place=place, share=share))
    box = labelled.region
    changed = ImageChops.difference(picture, labelled.image).getbbox()
    assert changed is not None
    assert changed[0] >= box.x
    assert changed[1] >= box.y
    assert changed[2] <= box.x + box.width
    assert changed[3] <= box.y + box.height
    assert labelled.text_height >= math.ceil(share * min(width, height))


@pytest.mark.parametrize(
    ("mode", "becomes"), [("RGBA", "RGBA"), ("LA", "RGBA"), ("L", "RGB"), ("P", "RGB"), ("1", "RGB")]
)
def test_any_kind_of_picture_is_labelled_and_the_plate_is_opaque(mode: str, becomes: str) -> None:
    labelled = apply(Image.new(mode, (128, 128)), label=Label("AI"))
    assert labelled.image.mode == becomes
    box = labelled.region
    if becomes == "RGBA":
        assert labelled.image.getpixel((0, 0))[3] == 0  # type: ignore[index]
        alpha = labelled.image.getchannel("A").crop((box.x, box.y, box.x + box.width, box.y + box.height))
        assert alpha.getextrema() == (255, 255)


@pytest.mark.parametrize("size", [(8, 8), (10, 40), (16, 16), (1, 1)])
def test_a_picture_too_small_for_readable_letters_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(MarkingError) as caught:
        apply(_ground(size), label=Label("AI生成"))
    assert caught.value.code == "picture_too_small_for_label"
    assert f"{size[0]} × {size[1]}" in caught.value.message


def test_a_letter_nobody_drew_is_named() -> None:
    assert lettering.spell("  ai   generated ") == "AI GENERATED"
    for text, said in (("AI 作品", "作 品"), ("", "empty")):
        with pytest.raises(MarkingError) as caught:
            lettering.spell(text)
        assert caught.value.code == "label_letter_missing"
        assert said in caught.value.message


def test_a_label_that_is_gone_or_covered_is_noticed() -> None:
    labelled = apply(_ground((400, 300)), label=Label("AI生成"))
    labelling.check(labelled.image, labelled=labelled)
    covered = labelled.image.copy()
    box: Box = labelled.region
    covered.paste((90, 140, 60), (box.x, box.y, box.x + box.width // 2, box.y + box.height))
    for picture in (_ground((400, 300)), covered, labelled.image.resize((200, 150))):
        with pytest.raises(MarkingError) as caught:
            labelling.check(picture, labelled=labelled)
        assert caught.value.code == "label_not_read_back"
