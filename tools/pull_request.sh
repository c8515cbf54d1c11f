#!/bin/sh
# Print, as Markdown, which committed figures a branch changes, and then its report.
#   sh tools/pull_request.sh BASE ADDRESS
# BASE is the branch to merge into; ADDRESS is where the files of metrics/ can be downloaded.
set -eu
# The merge base, so that later commits of BASE make no difference.
base=$(git merge-base "$1" HEAD)
address=$2

echo "## What changes"
echo
# DVC prints only the head of the table where nothing differs.
difference=$(dvc metrics diff --md "$base" HEAD)
if [ "$(echo "$difference" | wc -l)" -gt 2 ]; then
    echo "$difference"
else
    echo "No metric differs from the base branch."
fi
echo
# The test images on which the two differ; where they were evaluated on others, that is said.
echo '```'
python -m lenet compare "$base" HEAD 2>&1 || true
echo '```'
echo
if ! git diff --quiet HEAD -- metrics; then
    echo "**Run again here, the results differ from the committed ones,** which the pictures show."
    echo "The processor is of another kind, or the results were not committed."
    echo
fi
# The report's headings move one level down, and its pictures get their addresses.
sed -e 's/^#/##/' -e "s#^\(!\[[^]]*\]\)(#\1($address/#" metrics/report.md
