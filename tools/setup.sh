#!/bin/sh
# Make .venv with a Python that MXNet 1.9.1 runs on, and install requirements.txt into it.
# PYTHON names another interpreter than the first that fits.
set -eu

usable() {
    # A name on the PATH may be a shim without a Python behind it, and Debian's Python may come
    # without venv. MXNet has wheels for Linux and for macOS on Intel, and no others.
    "$1" -c '
import ensurepip, platform, sys, venv
fits = (3, 10) <= sys.version_info[:2] <= (3, 12) and platform.python_implementation() == "CPython"
sys.exit(not fits)' 2>/dev/null
}

case "$(uname -s) $(uname -m)" in
    "Linux x86_64" | "Darwin x86_64") ;;
    *)
        echo "error: MXNet 1.9.1 has no wheel that runs on $(uname -s) on $(uname -m), only for" \
            "Linux on x86_64 and macOS on Intel. Work in a container: see README.md." >&2
        exit 1
        ;;
esac

python=
for candidate in ${PYTHON:-python3.12 python3.11 python3.10 python3 python}; do
    if usable "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "error: found no usable Python 3.10, 3.11 or 3.12 (tried:" \
        "${PYTHON:-python3.12 python3.11 python3.10 python3 python})." >&2
    echo "Install one with its venv module (Debian, Ubuntu: apt install python3 python3-venv;" \
        "macOS: brew install python@3.12), or name it: make setup PYTHON=/path/to/python3.11" >&2
    exit 1
fi

echo "Making .venv with $("$python" --version) ($(command -v "$python"))"
"$python" -m venv --clear .venv
.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes \
    --requirement requirements.txt
# Better to hear now that a library of the system is missing than in the middle of the work.
.venv/bin/python -c "import lenet._mxnet"
