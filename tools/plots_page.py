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
    {refresh_tag}
    <title>LeNet on USPS: plots</title>
    <script>SCRIPT</script>
    <style>
        body { font-family: sans-serif; }
        img, svg.marks { max-width: calc(100vw - 4rem) !important; height: auto !important; }
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
