"""The images that changed between two versions of the raw files."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lenet.figures.sheets import Panel, draw_sheet
from lenet.runs.difference import KINDS, Difference


def draw_differences(differences: Sequence[Difference]) -> Figure:
    """Draw the images that were relabelled, added and removed, each with its class and record.

    Each difference has a panel for each of its kinds of change.
    """
    panels: dict[str, Panel] = {}
    for each in differences:
        for kind in KINDS:
            (changes,) = np.nonzero(each.table["change"] == kind)
            captions = [_caption(row) for _, row in each.table.iloc[changes].iterrows()]
            title = f"{each.title} {kind}: {len(changes)}".lstrip()
            if captions:
                panels[title] = each.images[changes], captions
    if not panels:
        panels["no image has changed"] = differences[0].images, []
    return draw_sheet(panels, "\n".join(each.heading for each in differences))


def _caption(row: pd.Series) -> str:
    classes = [str(row[name]) for name in ("old_class", "new_class") if pd.notna(row[name])]
    record = row["old_record"] if row["change"] == "removed" else row["new_record"]
    return f"{' → '.join(classes)}\nrecord {record}"
