"""The story of a user whose hand the network reads badly: draw on the page, train, compare."""

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from studies.hand import HANDS, varied
from tests.project import TEST_FILE, TRAIN_FILE, Project
from tests.report.test_drawing import draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LENET = "python -m lenet"
# The number of drawings of each digit; half of them are tested.
DRAWINGS = 8
OWN_TRAIN, OWN_TEST, JOINED = (f"data/raw/{name}.jf" for name in ("own", "own-test", "train"))


def gained(project: Project, revisions: str) -> int:
    """Return how many images more the second of two runs reads, as `lenet compare` says."""
    said = project.run(f"{LENET} compare {revisions}")
    found = re.search(r"fixed (\d+), broken (\d+)", said)
    assert found, said
    return int(found[1]) - int(found[2])


@pytest.mark.slow
def test_a_hand_is_drawn_on_the_page_and_read_after_training(
    project: Project, browser: "Browser"
) -> None:
    page, generator = browser.new_page(), np.random.default_rng(0)
    page.goto((project.path / "metrics/draw.html").as_uri())
    for digit in [*range(10)] * DRAWINGS:
        for stroke in varied(HANDS["postal"][digit], generator):
            draw(page, stroke.tolist())
        page.keyboard.press(str(digit))
        page.keyboard.press("Enter")
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(project.path / "drawings.jf")

    assert f"{10 * DRAWINGS}, of 16 x 16 pixels" in project.run(f"{LENET} inspect drawings.jf")
    project.run(f"{LENET} split drawings.jf {OWN_TRAIN} {OWN_TEST} --test-fraction 0.5")
    project.run(f"{LENET} convert {TRAIN_FILE} {OWN_TRAIN} {JOINED}")
    # All drawings differ, so that none is both trained on and tested.
    records = [
        line.partition(" ")[2]
        for name in (OWN_TRAIN, OWN_TEST)
        for line in (project.path / name).read_text().splitlines()[1:-1]
    ]
    assert len({*records}) == len(records) == 10 * DRAWINGS

    project.run(f"dvc add {JOINED} {OWN_TEST}")
    project.run("dvc exp run --name source -S epochs=15")
    project.run(f"dvc exp run --name before -S test_file={OWN_TEST}")
    before = project.json("metrics/test.json")
    project.run(f"dvc exp run --name after -S train_file={JOINED}")
    after = project.json("metrics/test.json")
    assert before["images"] == after["images"] == 5 * DRAWINGS
    assert before["errors"] > 0.4 * before["images"]
    assert after["errors"] < 0.4 * before["errors"]
    assert gained(project, "before after") == before["errors"] - after["errors"]
    # The source's own test images are read about as well as before.
    project.run(f"dvc exp run --name both -S test_file={TEST_FILE}")
    assert gained(project, "source both") > -0.02 * project.json("metrics/test.json")["images"]
