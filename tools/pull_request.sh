#!/bin/sh
# Print, as Markdown, what a branch changes: the figures against those of BASE, and the report, its
# pictures by address.
#   sh tools/pull_request.sh BASE ADDRESS
# ADDRESS is where the files of metrics/ can be read as they are.
set -eu
base=$1 address=$2

echo "## What changes"
echo
# Without a difference DVC prints the table's head alone.
difference=$(dvc metrics diff --md "$base")
if [ "$(echo "$difference" | wc -l)" -gt 2 ]; then
    echo "$difference"
else
    echo "No figure does."
fi
echo
# The report's headings one level down, and its pictures no longer beside it.
sed -e 's/^#/##/' -e "s#^\(!\[[^]]*\]\)(#\1($address/#" metrics/report.md
