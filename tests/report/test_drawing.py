"""The page to draw on, in a real browser."""

import base64
import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from lenet import command
from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.deploy import export
from lenet.deploy.recogniser import Recogniser
from lenet.pictures import characters
from lenet.predict.predictor import predict
from lenet.raw import formats, inspection
from lenet.raw.layout import Layout
from lenet.report import drawing
from lenet.training.config import Config
from tests.conftest import Typed
from tests.deploy.untrained import save_untrained
from tests.project import ROOT
from tests.settings import ACTIVATIONS, DEFAULT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# The way of a pen that draws a seven, as shares of the sheet.
SEVEN = [(0.3, 0.2), (0.7, 0.22), (0.45, 0.85)]
MODEL = ROOT / "models/lenet.onnx"
needs_model = pytest.mark.skipif(not MODEL.exists(), reason="`dvc repro` makes it")


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


def opened(
    browser: "Browser", network: Path, width: int = 1280, train_file: str = "train.jf", **given: Any
) -> "Page":
    """Open the page of a network; any error of its script fails the test."""
    path = network.with_suffix(".html")
    path.write_text(drawing.render(network, train_file), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, **given)
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(path.as_uri())
    return page


@pytest.fixture
def page(browser: "Browser", network: Path) -> "Page":
    """The page of `network`."""
    return opened(browser, network)


def answers(page: "Page", images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Return the probabilities and the novelty of images by the page."""
    script = """async (images) => {
      await NETWORK.ready;
      const all = images.map((image) => NETWORK.run(image));
      return ["probabilities", "novelty"].map(
        (name) => all.map((values) => Array.from(values.get(name).data)));
    }"""
    shares, novelty = page.evaluate(script, images.reshape(len(images), -1).tolist())
    return np.array(shares, np.float32), np.array(novelty, np.float32)[:, 0]


def compare(page: "Page", network: Path, images: NDArray[np.float32]) -> None:
    """Compare what the page and ONNX Runtime say of images."""
    shares, novelty = answers(page, images)
    recogniser = Recogniser(network)
    np.testing.assert_allclose(shares, recogniser.probabilities(images), rtol=0, atol=1e-5)
    np.testing.assert_allclose(novelty, recogniser.novelty(images), rtol=1e-3, atol=0.02)


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


def pixels(page: "Page", side: int) -> NDArray[np.float32]:
    """Return the image that the page makes of its sheet."""
    return np.array(page.evaluate("Array.from(image().pixels)"), np.float32).reshape(side, side)


def sheet(page: "Page", folder: Path) -> Path:
    """Save the sheet as a picture."""
    data = page.locator("#sheet").evaluate("sheet => sheet.toDataURL().split(',')[1]")
    path = folder / "sheet.png"
    path.write_bytes(base64.b64decode(data))
    return path


def test_the_page_agrees_with_the_exported_network_on_200_images(
    page: "Page", network: Path
) -> None:
    images = digits(200, 16)
    # Answers differ from image to image.
    assert len(set(Recogniser(network).probabilities(images).argmax(axis=1).tolist())) >= 5
    compare(page, network, images)


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
    compare(page, path, images)
    draw(page, SEVEN)
    captions = page.locator("figcaption").all_inner_texts()
    layers = config.network.layers(config.classes)
    assert [caption.split()[0] for caption in captions] == ["Input", *(one.name for one in layers)]
    for layer, caption in zip(layers, captions[1:], strict=True):
        assert " x ".join(map(str, layer.output[1:])) in caption
        assert f"{layer.output[0]} {'maps' if len(layer.output) > 1 else 'units'}" in caption
        assert f" {layer.parameters:,} parameters" in caption
    assert page.locator("#layer-O7 span").count() == config.classes
    assert page.locator("#bars li").count() == config.classes
    # The most probable class is in sight.
    answer = page.locator("#answer").inner_text()
    visible = page.locator("#bars .best")
    assert answer.startswith(visible.locator("b").inner_text())
    assert visible.evaluate(
        "row => row.offsetTop < row.parentElement.offsetTop + row.parentElement.clientHeight"
    )


WAYS = [
    *(SEVEN, [(0.5, 0.1), (0.52, 0.9)], [(0.2, 0.3), (0.8, 0.3), (0.5, 0.3), (0.5, 0.6)]),
    *([(0.1, 0.4), (0.9, 0.45), (0.1, 0.5)], [(0.02, 0.01), (0.3, 0.99)]),
]


@pytest.mark.parametrize("border", [0, 4])
def test_a_drawing_is_the_image_that_predict_makes_of_its_picture(
    browser: "Browser", tmp_path: Path, border: int
) -> None:
    names = tuple("abcdefghij")
    network = exported(tmp_path, side=16 + 2 * border, border=border, class_names=names)
    page, recogniser = opened(browser, network), Recogniser(network)
    page.evaluate("NETWORK.ready")
    side, flags = recogniser.side, set()
    assert recogniser.frame.size == pytest.approx(16 / side, abs=1e-4)
    for i, way in enumerate(WAYS):
        page.get_by_role("radio", name=("Thin", "Thick")[i % 2]).check(force=True)
        draw(page, way)
        picture = sheet(page, tmp_path)
        (character,) = characters.read(picture)
        for by_mass in (True, False):
            frame = dataclasses.replace(recogniser.frame, by_mass=by_mass, offset=by_mass / 2)
            page.evaluate("frame => { NETWORK.frame = frame; }", dataclasses.asdict(frame))
            image = character.framed(side, frame)
            np.testing.assert_allclose(pixels(page, side), image, rtol=0, atol=1e-5)
        (prediction,) = predict(picture, recogniser, {})
        shown = page.locator("#answer").inner_text()
        assert shown.startswith(f"{prediction.label}, {100 * prediction.confidence:.1f}%")
        told = page.locator("#flags").inner_text()
        assert [part.split(":")[0].split()[0] for part in told.split("; ")] == prediction.flags
        assert shown.endswith("?")
        flags.update(prediction.flags)
        page.get_by_role("button", name="Clear").click()
        settled(page)
        assert page.locator("#answer").inner_text() == "Draw here."
        assert page.get_by_role("button", name="Keep").is_disabled()
    assert flags == {"unsure", "unlike", "wide"}


NAMES = ("A", "B b", *"CDEFGHIJ")
# Parameters of the group raw, and the names of the classes.
READINGS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "jf": ({}, ()),
    "columns": ({"transpose": True, "first_label": 1, "pixel_range": [-1.0, 1.0]}, ()),
    "folder": ({"pixel_range": [255.0, 0.0]}, NAMES),
}


def write_training_file(path: Path, layout: Layout) -> None:
    """Write ten images, one of each class: a .jf file, or a folder if the classes have names."""
    images = digits(10, 16)
    if not layout.class_names:
        path.parent.mkdir()
        # A reader of columns turns the images.
        turned = images.transpose(0, 2, 1).copy() if layout.transpose else images
        formats.write(npz.Dataset(turned, np.arange(10)), path, layout)
    for name, image in zip(layout.class_names, images, strict=bool(layout.class_names)):
        (path / name).mkdir(parents=True)
        Image.fromarray(np.uint8(np.round(255 - 255 * image))).save(path / name / "one.png")


def keep_three(page: "Page", network: Path) -> tuple[list[NDArray[np.float32]], list[int]]:
    """Keep drawings: by the button as the answer, and by keys as 7, then as 9 after all.

    Returns what `predict` makes of the sheets, and the labels, both as the page saves them.
    """
    keep, images = page.get_by_role("button", name="Keep"), []
    key, answer = str(page.evaluate("NETWORK.classes[7]"))[0].lower(), 0
    for i, way in enumerate(WAYS[:3]):
        draw(page, way)
        (character,) = characters.read(sheet(page, network.parent))
        images.append(character.framed(16, Recogniser(network).frame))
        if i:
            page.keyboard.press(key)
            page.keyboard.press("Enter")
        else:
            answer = page.evaluate("answer")
            assert page.locator("#bars input").nth(answer).is_checked()
            assert page.locator("#answer").inner_text().startswith(keep.inner_text()[8:] + ",")
            keep.click()
        settled(page)
    assert "3 kept. For 10 of each: 10 more of " in page.locator("#wanted").inner_text()
    assert page.locator("#bars .count").nth(7).inner_text() == f"{2 + (answer == 7)}/10"
    page.get_by_role("button", name="Take back").first.click()
    settled(page)
    np.testing.assert_allclose(pixels(page, 16), images[2], atol=1e-5)
    assert page.locator("#strip li").count() == 2
    page.locator("#bars input").nth(9).check()
    keep.click()
    return images[::-1], [9, 7, answer]


@pytest.mark.parametrize("reading", READINGS)
def test_kept_drawings_are_a_raw_file_that_joins_the_training_file(
    browser: "Browser", tmp_path: Path, typed: Typed, reading: str
) -> None:
    changes, names = READINGS[reading]
    config = DEFAULT.changed({f"raw.{name}": value for name, value in changes.items()})
    layout = Layout.check(config.raw.model_dump() | {"class_names": names})
    train = Path("its data", "pictures" if names else "train.jf")
    write_training_file(tmp_path / train, layout)
    network = exported(tmp_path, config, class_names=names)
    page = opened(browser, network, train_file=str(train))
    save, path = page.get_by_role("button", name="Save"), tmp_path / "drawings.jf"
    assert save.is_disabled()
    images, labels = keep_three(page, network)
    with page.expect_download() as download:
        save.click()
    download.value.save_as(path)

    data = formats.read(path, layout).data
    np.testing.assert_allclose(data.images, images, rtol=0, atol=1e-5)
    assert data.labels.tolist() == labels
    if reading == "jf":
        (settings,) = inspection.settings([inspection.inspect(path)])
        unknown = {"pictures": "whole", "first_index": 1}
        assert settings | unknown == layout.model_dump() | unknown
    # The first command of the page is as typed.
    (tmp_path / "data/raw").mkdir(parents=True)
    page.locator("summary").click()
    line = page.locator("#commands").inner_text().splitlines()[0]
    done = typed(command.main, *shlex.split(line)[1:])
    assert (done.returncode, done.stderr) == (0, "")
    joined = npz.load(tmp_path / "data/raw/more.npz")
    np.testing.assert_allclose(joined.images, [*digits(10, 16), *images], rtol=0, atol=0.002)
    assert joined.labels.tolist() == [*range(10), *labels]
    assert joined.class_names == names


@needs_model
def test_the_page_opens_with_a_sample_that_the_network_knows(
    browser: "Browser", tmp_path: Path
) -> None:
    network = tmp_path / "lenet.onnx"
    network.write_bytes(MODEL.read_bytes())
    page = opened(browser, network, reduced_motion="reduce")
    assert network.with_suffix(".html").stat().st_size < 1_000_000
    page.wait_for_function("strokes.length")
    page.evaluate("NETWORK.ready")
    settled(page)
    still = page.evaluate("strokes[0].points.length")
    assert still == page.evaluate("FIVE.length")
    assert page.locator("#answer").inner_text() == "5, 100.0%"
    assert page.locator("#flags").inner_text() == ""
    # It is no drawing of the user's.
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Keep").is_disabled()
    assert page.locator("#strip li").count() == 0
    draw(page, SEVEN)
    assert page.locator("#answer").inner_text() == "7, 100.0%"
    assert page.locator("#sample").is_hidden()
    # A scribble is none of the classes.
    draw(page, [(0.1, 0.1), (0.9, 0.3), (0.1, 0.5), (0.9, 0.6), (0.1, 0.8), (0.9, 0.9)])
    assert "unlike" in page.locator("#flags").inner_text()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_on_the_page_moves_when_its_content_changes(
    browser: "Browser", network: Path, width: int
) -> None:
    page = opened(browser, network, width)
    places = """() => [...document.querySelectorAll("body *")]
      .filter((e) => !e.matches("#strip *, .bar, .value, #pen, #sample, .told, #keep"))
      .map((e) => [e.tagName, e.id, e.getBoundingClientRect().top, e.offsetHeight])"""
    # The sample may be incomplete.
    first = page.evaluate(places)
    for _ in range(3):
        draw(page, SEVEN)
        assert page.evaluate(places) == first
        page.get_by_role("button", name="Keep").click()
        settled(page)
        assert page.evaluate(places) == first


def test_bars_and_layers_follow_the_drawing(page: "Page") -> None:
    page.get_by_role("button", name="Clear").click()
    settled(page)
    blank = page.locator("#layer-C1").evaluate("canvas => canvas.toDataURL()")
    draw(page, SEVEN)
    assert page.locator("#layer-C1").evaluate("canvas => canvas.toDataURL()") != blank
    values = [float(text[:-1]) for text in page.locator(".value").all_inner_texts()]
    assert sum(values) == pytest.approx(100, abs=0.6)
    script = "bars => bars.map(bar => bar.clientWidth / bar.parentElement.clientWidth)"
    widths = page.locator(".bar").evaluate_all(script)
    np.testing.assert_allclose(widths, np.array(values) / 100, atol=0.02)
    page.get_by_role("button", name="Undo").click()
    settled(page)
    assert page.locator("#answer").inner_text() == "Draw here."


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
    assert page.locator("#answer").inner_text() == "Draw here."
    # The keys reach whatever a pointer does.
    draw(page, SEVEN)
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
    assert reached == ["pen", "undo", "clear", "keep", "label"]
    label = page.evaluate("answer")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page)
    assert told.inner_text() == f"Kept as {(label + 1) % 10}."
    assert sheet.evaluate("sheet => sheet === document.activeElement")


def test_the_browser_asks_before_it_drops_drawings(page: "Page") -> None:
    draw(page, SEVEN)
    page.keyboard.press("Enter")
    reload = "setTimeout(() => location.reload())"
    with page.expect_event("dialog") as question:
        page.evaluate(reload)
    assert question.value.type == "beforeunload"
    question.value.dismiss()
    with page.expect_download():
        page.get_by_role("button", name="Save").click()
    with page.expect_event("load"):
        page.evaluate(reload)


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
        drawing.render(tmp_path / "text.onnx", "train.jf")


def test_the_commands_of_a_second_round_write_another_file(network: Path) -> None:
    for first, second in (("more.npz", "more2.npz"), ("more2.npz", "more.npz")):
        html = drawing.render(network, f"data/raw/{first}")
        assert f"convert data/raw/{first} drawings.jf data/raw/{second} --" in html
