#!/bin/sh
# Make .venv with a Python that MXNet 1.9.1 runs on, and install requirements.txt into it.
# PYTHON names another interpreter than the first that fits.
set -eu

# Set-up fetches a Python into this folder if the system has none that fits.
FETCHED=.python
CANDIDATES=${PYTHON:-python3.12 python3.11 python3.10 python3 python}

main() {
    # On Ctrl-C some shells would go on with the next command.
    trap 'exit 130' INT
    check_platform
    python=$(first fits $CANDIDATES "$FETCHED"/*/bin/python3.12)
    if [ -z "$python" ]; then
        fetch_python
        python=$(first fits "$FETCHED"/*/bin/python3.12)
    fi
    echo "Making .venv with $("$python" --version) ($(command -v "$python"))"
    "$python" -m venv --clear .venv
    .venv/bin/python tools/install.py requirements.txt
    # The command `lenet` of this environment runs the project's own code.
    cat > .venv/bin/lenet << END
#!/bin/sh
PYTHONPATH="$PWD\${PYTHONPATH:+:\$PYTHONPATH}" exec "$PWD/.venv/bin/python" -m lenet "\$@"
END
    chmod +x .venv/bin/lenet
    # Better to hear now that a library of the system is missing than in the middle of the work.
    .venv/bin/python -c "import lenet.model._mxnet"
}

check_platform() {
    case "$(uname -s) $(uname -m)" in
        "Linux x86_64" | "Darwin x86_64") ;;
        *)
            fail "MXNet 1.9.1 has no wheel that runs on $(uname -s) on $(uname -m), only for" \
                "Linux on x86_64 and macOS on Intel. Work in a container: see Dockerfile."
            ;;
    esac
}

# Print the first of the interpreters that passes a test, or nothing.
first() {
    test=$1
    shift
    for candidate in "$@"; do
        if "$test" "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

# Under make the first interpreter may be that of .venv, which makes .venv anew from the Python that
# it came from. Another may be a shim without a Python behind it, and Debian's Python may come
# without venv.
fits() {
    "$1" -c '
import ensurepip, platform, sys, venv
fits = (3, 10) <= sys.version_info[:2] <= (3, 12) and platform.python_implementation() == "CPython"
sys.exit(not fits)' 2>/dev/null
}

runs_uv() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 8))' 2>/dev/null
}

fetch_python() {
    other=$(first runs_uv $CANDIDATES)
    [ -n "$other" ] || advise "found no usable Python 3.10, 3.11 or 3.12 (tried: $CANDIDATES)."
    echo "MXNet 1.9.1 needs Python 3.10, 3.11 or 3.12, and $other is $("$other" --version)."
    echo "Fetching a Python 3.12 into $FETCHED: about 35 MB to download."
    # Only uv runs in this environment; the fetched Python replaces it.
    "$other" -m venv --clear .venv
    if ! .venv/bin/python tools/install.py --python 3.12 "$FETCHED"; then
        rm -rf .venv "$FETCHED"
        advise "could not fetch a Python 3.12; the lines above say why."
    fi
}

# Say what went wrong, and what gives a fitting Python on this system.
advise() {
    echo "error: $*" >&2
    system=$(. "${OS_RELEASE:-/etc/os-release}" 2>/dev/null && echo "$ID ${VERSION_ID:-} ${ID_LIKE:-}") ||
        system=$(uname -s)
    case $system in
        "debian 12 "* | "ubuntu 22.04 "* | "ubuntu 24.04 "*)
            echo "Install one: sudo apt install python3 python3-venv" ;;
        "debian "*)
            # Its own Python is too new for MXNet, but with venv it can fetch another.
            [ -n "$other" ] || echo "First try: sudo apt install python3-venv" ;;
        ubuntu* | *" ubuntu"*)
            echo "Install one: sudo add-apt-repository ppa:deadsnakes/ppa &&" \
                "sudo apt install python3.12 python3.12-venv" ;;
        fedora* | *fedora*)
            echo "Install one: sudo dnf install python3.12" ;;
        Darwin)
            echo "Install one: brew install python@3.12" ;;
    esac >&2
    echo "On any system: work in a container (see Dockerfile), or get one by" \
        "\`pyenv install 3.12\` or \`uv python install 3.12\`, and name it:" \
        "make setup PYTHON=/path/to/python3.12" >&2
    exit 1
}

fail() {
    echo "error: $*" >&2
    exit 1
}

main
