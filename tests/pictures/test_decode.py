from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lenet.core.errors import InputError
from lenet.raw import pictures


def seven(size: tuple[int, int] = (300, 240), ink: int = 0, paper: int = 255) -> Image.Image:
    """Draw a seven, 80 wide and 120 high, away from the middle."""
    picture = Image.new("L", size, paper)
    strokes = ImageDraw.Draw(picture)
    strokes.line([(180, 40), (259, 40)], fill=ink, width=12)
    strokes.line([(256, 40), (210, 153)], fill=ink, width=12)
    return picture


def only(path: Path) -> np.ndarray:
    """Return the image of the only character in a picture."""
    (found,) = pictures.read(path, 16)
    return found.image


def test_a_digit_is_cut_out_and_fits_the_square(tmp_path: Path) -> None:
    seven().save(tmp_path / "seven.png")
    image = only(tmp_path / "seven.png")
    assert image.dtype == np.float32
    assert image.shape == (16, 16)
    assert image.min() == 0
    assert image.max() == 1
    # The digit is higher than wide: it fills the height, in the middle of the width.
    rows, columns = (np.flatnonzero((image > 0.3).any(axis=axis)) for axis in (1, 0))
    assert rows[[0, -1]].tolist() == [0, 15]
    assert abs(columns[0] - (15 - columns[-1])) <= 1
    assert 9 <= np.ptp(columns) + 1 <= 12
    assert image[1, columns[0] : columns[-1]].min() > 0.5
    assert image[15, columns[-1] - 1 :].max() < 0.3


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.webp", "a.tif"])
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (90, 200), (180, 60)])
def test_formats_and_either_polarity_give_the_same_image(
    tmp_path: Path, name: str, ink: int, paper: int
) -> None:
    seven().save(tmp_path / "seven.png")
    seven(ink=ink, paper=paper).save(tmp_path / name)
    plain = only(tmp_path / "seven.png")
    np.testing.assert_allclose(only(tmp_path / name), plain, atol=0.1)
    assert pictures.is_picture(tmp_path / name)


def test_size_colour_depth_and_transparency_do_not_matter(tmp_path: Path) -> None:
    seven().save(tmp_path / "seven.png")
    plain = only(tmp_path / "seven.png")
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
        image = only(tmp_path / "variant.png")
        np.testing.assert_allclose(image, plain, atol=0.15, err_msg=name)

    turned = seven().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees to show"
    turned.save(tmp_path / "turned.jpg", exif=exif)
    np.testing.assert_allclose(only(tmp_path / "turned.jpg"), plain, atol=0.15)


def test_a_speck_does_not_decide(tmp_path: Path) -> None:
    seven(ink=60).save(tmp_path / "clean.png")
    picture = seven(ink=60)
    picture.putpixel((100, 100), 0)
    picture.save(tmp_path / "speck.png")
    clean, speck = (only(tmp_path / name) for name in ("clean.png", "speck.png"))
    np.testing.assert_allclose(speck, clean, atol=0.1)


def test_what_shows_no_digit_is_refused(tmp_path: Path) -> None:
    Image.new("L", (40, 40), 200).save(tmp_path / "blank.png")
    with pytest.raises(InputError, match=r"blank.png: found nothing"):
        pictures.read(tmp_path / "blank.png", 16)
    Image.new("I;16", (40, 40), 2000).save(tmp_path / "blank16.png")
    with pytest.raises(InputError, match=r"blank16.png: found nothing"):
        pictures.read(tmp_path / "blank16.png", 16)
    seven().save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:200])
    with pytest.raises(InputError, match=r"cut.png: not a picture that can be read"):
        pictures.read(tmp_path / "cut.png", 16)
    (tmp_path / "text.png").write_text("0 1 2")
    assert not pictures.is_picture(tmp_path / "text.png")
    assert not pictures.is_picture(tmp_path / "none.png")
