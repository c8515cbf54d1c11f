from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.pictures import characters, decode


def seven(ink: int = 0, paper: int = 255) -> Image.Image:
    """Draw a seven, 80 wide and 120 high, away from the middle."""
    picture = Image.new("L", (300, 240), paper)
    strokes = ImageDraw.Draw(picture)
    strokes.line([(180, 40), (259, 40)], fill=ink, width=12)
    strokes.line([(256, 40), (210, 153)], fill=ink, width=12)
    return picture


def only(path: Path) -> np.ndarray:
    """Return the image of the only character in a picture."""
    (character,) = characters.read(path)
    return character.framed(16)


@pytest.fixture
def plain(tmp_path: Path) -> np.ndarray:
    """Return the image of a seven on white."""
    seven().save(tmp_path / "plain.png")
    return only(tmp_path / "plain.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.webp", "a.tif"])
def test_formats_and_either_polarity_give_the_same_image(
    tmp_path: Path, plain: np.ndarray, name: str
) -> None:
    for ink, paper in ((255, 0), (90, 200)):
        seven(ink, paper).save(tmp_path / name)
        np.testing.assert_allclose(only(tmp_path / name), plain, atol=0.1)
    assert decode.is_picture(tmp_path / name)


def test_size_colour_depth_and_transparency_do_not_matter(
    tmp_path: Path, plain: np.ndarray
) -> None:
    variants = {
        "large": seven().resize((3000, 2400)),
        "rgb": Image.merge("RGB", (seven(ink=30), seven(ink=10), seven(ink=50))),
        "palette": seven().convert("P"),
        "black and white": seven().convert("1"),
        "16 bit": Image.fromarray(np.asarray(seven(), np.uint16) * 257),
        "transparent": Image.merge("LA", (seven(paper=0), Image.eval(seven(), lambda v: 255 - v))),
    }
    for name, variant in variants.items():
        variant.save(tmp_path / "variant.png")
        np.testing.assert_allclose(only(tmp_path / "variant.png"), plain, atol=0.15, err_msg=name)


@pytest.mark.parametrize(
    ("ink", "paper"), [((200, 80, 80), (95, 115, 215)), ((60, 135, 60), (215, 60, 60))]
)
def test_ink_of_the_lightness_of_its_paper_is_found_by_its_colour(
    tmp_path: Path,
    plain: np.ndarray,
    ink: tuple[int, int, int],
    paper: tuple[int, int, int],
) -> None:
    pairs = zip(ink, paper, strict=True)
    Image.merge("RGB", [seven(*pair) for pair in pairs]).save(tmp_path / "a.png")
    np.testing.assert_allclose(only(tmp_path / "a.png"), plain, atol=0.15)


@pytest.mark.parametrize("level", [0, 200, 255])
def test_transparent_pixels_of_a_palette_are_paper(
    tmp_path: Path, plain: np.ndarray, level: int
) -> None:
    picture = Image.fromarray((np.asarray(seven()) == 0).astype(np.uint8), "P")
    # The transparent colour is that of the ink.
    picture.putpalette([level, level, level] * 2)
    for name in ("a.png", "a.gif"):
        picture.save(tmp_path / name, transparency=0)
        np.testing.assert_allclose(only(tmp_path / name), plain, atol=0.15)
    # A picture that is read pixel by pixel shows its ink as well.
    assert np.ptp(decode.grey(tmp_path / "a.png")) > 50


def test_very_small_pictures_are_read(tmp_path: Path) -> None:
    for image in load_digits().images[:10]:
        grey = (image * 15).astype(np.uint8)
        for levels in (grey, 255 - grey, np.pad(grey, 2)):
            Image.fromarray(levels).save(tmp_path / "a.png")
            (character,) = characters.read(tmp_path / "a.png")
            top, left, bottom, right = character.box
            assert 0 <= top < bottom <= levels.shape[0]
            assert 0 <= left < right <= levels.shape[1]


def test_a_picture_without_paper_around_the_digit_is_read(tmp_path: Path) -> None:
    stroke = Image.new("L", (60, 240), 245)
    ImageDraw.Draw(stroke).line([(46, 0), (13, 239)], fill=30, width=26)
    stroke.save(tmp_path / "a.png")
    (character,) = characters.read(tmp_path / "a.png")
    np.testing.assert_allclose(character.box, (0, 0, 240, 60), atol=4)


def test_what_shows_no_digit_is_refused(tmp_path: Path) -> None:
    Image.new("I;16", (40, 40), 2000).save(tmp_path / "blank.png")
    with pytest.raises(InputError, match=r"blank.png: found nothing; expected characters"):
        characters.read(tmp_path / "blank.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "blank.png").read_bytes()[:60])
    with pytest.raises(InputError, match=r"cut.png: not a picture that can be read"):
        characters.read(tmp_path / "cut.png")
    (tmp_path / "text.png").write_text("0 1 2")
    assert not decode.is_picture(tmp_path / "text.png")
    assert not decode.is_picture(tmp_path / "none.png")


def test_a_huge_page_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    huge = Image.new("1", (8200, 8000))
    seven().convert("1").save(tmp_path / "a.tif", save_all=True, append_images=[huge])
    with pytest.raises(InputError, match=r"tif: page 2 has 8200 x 8000 pixels; expected at most"):
        characters.read(tmp_path / "a.tif")


def test_a_page_is_shown_upright_in_the_pixels_of_the_boxes(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees to show"
    large = seven().resize((1200, 960)).transpose(Image.Transpose.ROTATE_90)
    large.save(tmp_path / "a.jpg", exif=exif)
    (character,) = characters.read(tmp_path / "a.jpg")
    shown = decode.coloured(tmp_path / "a.jpg", character.page)
    assert (shown.size, shown.mode) == ((1200, 960), "RGB")
    np.testing.assert_allclose(character.box, (34 * 4, 180 * 4, 154 * 4, 263 * 4), atol=12)
