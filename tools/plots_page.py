"""Write the page that `dvc plots` fills in, .dvc/plots.html, with Vega in it.

DVC's own page loads Vega from the web, so that without a network no plot is drawn.
"""

from pathlib import Path

from vl_convert import javascript_bundle

# DVC's plots are written for Vega-Lite 5; this is the newest of it that vl-convert brings.
_VEGA_LITE = "5.21"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    {refresh_tag}
    <title>LeNet on USPS: plots</title>
    <script>SCRIPT</script>
    <script>
        // A phone has room for a column of panels, but none for the menu of a plot.
        const draw = vegaEmbed, narrow = innerWidth < 800;
        vegaEmbed = (id, plot) =>
            draw(id, plot.facet && narrow ? {...plot, columns: 1} : plot, {actions: !narrow});
    </script>
    <style>
        :root { color-scheme: light dark; }
        body { display: flex; flex-wrap: wrap; align-items: start; gap: 1rem; margin: .5rem; }
        body { font-family: sans-serif; }
        body > div { box-sizing: border-box; max-width: 100%; padding: .3rem; }
        body > div { background: #fff; color: #000; }
        img, svg.marks, canvas { max-width: 100% !important; height: auto !important; }
        /* Revisions of a picture stand side by side. */
        [id$=_png] { display: flex; flex: 1 0 100%; flex-wrap: wrap; border: 0 !important; }
        [id$=_png] > div { flex: 0 1 38rem; min-width: min(22rem, 100%); box-sizing: border-box; }
        [id$=_png] > div { margin: 0 !important; border: 0 !important; }
        /* A picture has its title in it; the paragraph is DVC's, and names its path. */
        [id$=_png] > p { display: none; }
        /* These two are drawn from their figures already. */
        [id$=metrics_confusion_png], [id$=pictures_curves_png] { display: none; }
    </style>
</head>
<body>
    {plot_divs}
</body>
</html>
"""


def page() -> str:
    """Return the page."""
    # Its types ask for a snippet, which has a default.
    script: str = javascript_bundle(vl_version=_VEGA_LITE)  # type: ignore[call-arg]
    # Inside a string of the script, this would end it.
    return _PAGE.replace("SCRIPT", script.replace("</script", "<\\/script"))


if __name__ == "__main__":
    Path(".dvc/plots.html").write_text(page(), encoding="utf-8")
