"""The page to draw on, in a real browser."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.deploy import export
from lenet.deploy.recogniser import Recogniser
from lenet.pictures import characters
from lenet.report import drawing
from lenet.training.config import Config
from tests.deploy.untrained import save_untrained
from tests.settings import ACTIVATIONS, DEFAULT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# The way of a pen that draws a seven, as shares of the sheet.
SEVEN = [(0.3, 0.2), (0.7, 0.22), (0.45, 0.85)]


def digits(count: int, side: int) -> NDArray[np.float32]:
    """Return images of digits, (count, side, side); side is a multiple of 8."""
    images = load_digits().images[:count].astype(np.float32) / 16
    return images.repeat(side // 8, axis=1).repeat(side // 8, axis=2)


def exported(
    folder: Path,
    config: Config = DEFAULT,
    *,
    side: int = 16,
    border: int = 0,
    class_names: tuple[str, ...] = (),
) -> Path:
    """Export networks of random weights, with the metadata that the stage writes.

    The training images are of digits inside a blank border.
    """
    save_untrained(folder, config)
    images = np.pad(digits(50, side - 2 * border), ((0, 0), *2 * ((border, border),)))
    examples = Dataset(images, np.arange(50) % config.classes, class_names=class_names)
    model = export.to_onnx(folder, config, examples)
    path = folder / "lenet.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported network of random weights, for images of 16 x 16."""
    return exported(tmp_path_factory.mktemp("network"))


def opened(browser: "Browser", network: Path, width: int = 1280) -> "Page":
    """Open the page of a network; any error of its script fails the test."""
    path = network.with_suffix(".html")
    path.write_text(drawing.render(network), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(path.as_uri())
    return page


@pytest.fixture
def page(browser: "Browser", network: Path) -> "Page":
    """The page of `network`."""
    return opened(browser, network)


def probabilities(page: "Page", images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the page says about images."""
    script = "images => images.map(image => Array.from(NETWORK.probabilities(image)))"
    answers: Any = page.evaluate(script, images.reshape(len(images), -1).tolist())
    return np.array(answers, np.float32)


def draw(page: "Page", way: list[tuple[float, float]]) -> None:
    """Draw a stroke with the mouse, and wait until the page shows it."""
    box = page.locator("#sheet").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()
    settled(page)


def settled(page: "Page") -> None:
    """Wait until the page has shown the last change."""
    page.wait_for_function("() => !waiting")


def test_the_page_agrees_with_the_exported_network_on_200_images(
    page: "Page", network: Path
) -> None:
    images = digits(200, 16)
    expected = Recogniser(network).probabilities(images)
    # Answers differ from image to image.
    assert len(set(expected.argmax(axis=1).tolist())) >= 5
    np.testing.assert_allclose(probabilities(page, images), expected, rtol=0, atol=1e-5)


OF_1998 = {"activation": "scaled_tanh", "pooling": "subsample", "c3": "partial"}
KINDS: dict[str, tuple[dict[str, object], int]] = {
    "of 1998": ({f"network.{name}": value for name, value in OF_1998.items()}, 8),
    **{name: ({"network.activation": name, "network.image_size": 16}, 16) for name in ACTIVATIONS},
    "committee": ({"members": 3, "test_shift": 0.0}, 16),
    "26 classes": ({"raw.classes": 26}, 32),
}


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in KINDS if name != "of 1998"]


@pytest.mark.parametrize("kind", ["of 1998", *SLOW])
def test_every_kind_of_network_works(browser: "Browser", tmp_path: Path, kind: str) -> None:
    changes, side = KINDS[kind]
    config = DEFAULT.changed(changes)
    path = exported(tmp_path, config, side=side)
    page = opened(browser, path)
    images = np.concatenate([digits(10, side), np.zeros((1, side, side), np.float32)])
    expected = Recogniser(path).probabilities(images)
    np.testing.assert_allclose(probabilities(page, images), expected, rtol=0, atol=1e-5)
    draw(page, SEVEN)
    captions = page.locator("figcaption").all_inner_texts()
    layers = config.network.layers(config.classes)
    assert [caption.split()[0] for caption in captions] == ["Input", *(one.name for one in layers)]
    for layer, caption in zip(layers, captions[1:], strict=True):
        assert " x ".join(map(str, layer.output[1:])) in caption
        assert f"{layer.output[0]} {'maps' if len(layer.output) > 1 else 'units'}" in caption
        assert f" {layer.parameters:,} parameters" in caption
    assert page.locator("#bars li").count() == min(config.classes, 10)


@pytest.mark.parametrize("border", [0, 4])
def test_a_drawing_is_read_as_predict_reads_its_picture(
    browser: "Browser", tmp_path: Path, border: int
) -> None:
    names = tuple("abcdefghij")
    network = exported(tmp_path, side=16 + 2 * border, border=border, class_names=names)
    page, recogniser = opened(browser, network), Recogniser(network)
    side = recogniser.side
    assert recogniser.frame.size == pytest.approx(16 / side, abs=1e-4)
    for way in (SEVEN, [(0.5, 0.1), (0.52, 0.9)], [(0.2, 0.3), (0.8, 0.3), (0.5, 0.3), (0.5, 0.6)]):
        draw(page, way)
        sheet = page.locator("#sheet").evaluate("sheet => sheet.toDataURL().split(',')[1]")
        picture = tmp_path / "sheet.png"
        picture.write_bytes(base64.b64decode(sheet))
        (character,) = characters.read(picture)
        image = character.framed(side, recogniser.frame)
        own = np.array(page.evaluate("Array.from(image())"), np.float32).reshape(side, side)
        assert np.abs(own - image).mean() < 0.02
        both = recogniser.probabilities(np.array([own, image]))
        assert both[0].argmax() == both[1].argmax()
        shown = page.locator("#answer").inner_text()
        assert shown.startswith(f"{names[both[0].argmax()]}, {100 * both[0].max():.1f} %")
        page.get_by_role("button", name="Clear").click()
        settled(page)
        assert page.locator("#answer").inner_text() == "Nothing is drawn yet."


def test_bars_and_layers_follow_the_drawing(page: "Page") -> None:
    blank = page.locator("#layer-C1").evaluate("canvas => canvas.toDataURL()")
    draw(page, SEVEN)
    assert page.locator("#layer-C1").evaluate("canvas => canvas.toDataURL()") != blank
    values = [float(text[:-2]) for text in page.locator(".value").all_inner_texts()]
    assert sum(values) == pytest.approx(100, abs=0.6)
    script = "bars => bars.map(bar => bar.clientWidth / bar.parentElement.clientWidth)"
    widths = page.locator(".bar").evaluate_all(script)
    np.testing.assert_allclose(widths, np.array(values) / 100, atol=0.02)
    page.get_by_role("button", name="Undo").click()
    settled(page)
    assert page.locator("#answer").inner_text() == "Nothing is drawn yet."


def test_the_keyboard_draws_and_a_screen_reader_is_told(page: "Page") -> None:
    page.keyboard.press("Tab")
    sheet = page.get_by_role("application", name="Sheet to draw on")
    assert sheet.evaluate("sheet => sheet === document.activeElement")
    page.keyboard.press("Space")
    for _ in range(15):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    settled(page)
    ink = np.array(page.evaluate("Array.from(ink())")).reshape(280, 280)
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > 0.5) for axis in (1, 0))
    assert 150 < np.ptp(rows) < 190
    assert np.ptp(columns) < 30
    answer = page.locator("#answer").inner_text()
    told = page.locator("[aria-live=polite]")
    told.filter(has_text=answer).wait_for(state="attached")
    names = page.get_by_role("img").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert len(names) == 8
    assert all(names)
    page.keyboard.press("Backspace")
    settled(page)
    assert page.locator("#answer").inner_text() == "Nothing is drawn yet."
    page.keyboard.press("Tab")
    assert page.get_by_role("button", name="Clear").evaluate("e => e === document.activeElement")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_one_small_file_and_fits_the_screen(
    browser: "Browser", network: Path, width: int
) -> None:
    page = opened(browser, network, width)
    assert network.with_suffix(".html").stat().st_size < 500_000
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    draw(page, SEVEN)
    assert asked == [network.with_suffix(".html").as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    edges = page.locator("canvas, li, button").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().right)"
    )
    assert max(edges) <= width
    # Fingers find the sheet and the buttons.
    for box in (page.locator("#sheet").bounding_box(), page.locator("#clear").bounding_box()):
        assert box is not None
        assert min(box["width"], box["height"]) >= 36


def test_a_file_that_is_no_exported_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(InputError, match=r"text.onnx: not a network that a page can be made of"):
        drawing.render(tmp_path / "text.onnx")
