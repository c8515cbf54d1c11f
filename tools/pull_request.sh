#!/bin/sh
# Print, as Markdown, what a branch changes: its committed figures against those it began with, and
# the report, its pictures by address.
#   sh tools/pull_request.sh BASE ADDRESS
# BASE is the branch it is to go into; ADDRESS is where the files of metrics/ can be read as they are.
set -eu
# Not what has become of BASE since.
base=$(git merge-base "$1" HEAD)
address=$2

echo "## What changes"
echo
# Without a difference DVC prints the table's head alone.
difference=$(dvc metrics diff --md "$base" HEAD)
if [ "$(echo "$difference" | wc -l)" -gt 2 ]; then
    echo "$difference"
else
    echo "No figure does."
fi
echo
if ! git diff --quiet HEAD -- metrics; then
    echo "**Run again here, the results differ from the committed ones,** which the pictures show:"
    echo "another kind of processor, or results that were not committed."
    echo
fi
# The report's headings one level down, and its pictures no longer beside it.
sed -e 's/^#/##/' -e "s#^\(!\[[^]]*\]\)(#\1($address/#" metrics/report.md
