"""The images that changed between two versions of the raw files."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from lenet.figures.sheets import Panel, draw_sheet
from lenet.runs.difference import KINDS, Difference


def draw_differences(differences: Sequence[Difference]) -> Figure:
    """Draw the images that were relabelled, added and removed, each with its class and record."""
    panels: dict[str, Panel] = {}
    for each in differences:
        for kind in KINDS:
            changed = (each.table["change"] == kind).to_numpy()
            captions = [_caption(row) for _, row in each.table[changed].iterrows()]
            title = f"{each.title} {kind}: {len(captions)}".lstrip()
            panels[title] = each.images[changed], captions
    return draw_sheet(panels, "\n".join(each.heading for each in differences))


def _caption(row: pd.Series) -> str:
    classes = [str(row[name]) for name in ("old_class", "new_class") if pd.notna(row[name])]
    record = row["old_record"] if row["change"] == "removed" else row["new_record"]
    return f"{' → '.join(classes)}\nrecord {record}"
