#!/bin/sh
# Install a lock file into .venv, by uv or else by pip: sh tools/setup.sh requirements.txt
# requirements.txt comes first and makes .venv anew. PYTHON names another interpreter to take.
set -eu
trap 'exit 130' INT
lock=$1
candidates=${PYTHON:-python3.12 python3.11 python3.10 python3 python}

# Print the first candidate from Python 3.$1 to 3.$2 that has venv and pip; perhaps there is none.
first() {
    fits="import ensurepip, sys, venv; sys.exit(not (3, $1) <= sys.version_info[:2] <= (3, $2))"
    for each in $candidates; do
        if "$each" -c "$fits" 2>/dev/null; then echo "$each" && break; fi
    done
}

# Let pip bring uv by its hash, and tell uv where pip looks for packages.
bring_uv() {
    .venv/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes \
        --only-binary=:all: --requirement requirements-uv.txt || return 1
    for pair in index-url:UV_DEFAULT_INDEX extra-index-url:UV_INDEX cert:SSL_CERT_FILE; do
        value=$(.venv/bin/python -m pip config list |
            sed -n "s/^.*\.${pair%:*}='\(.*\)'\$/\1/p" | head -n 1 | sed 's/\\n/ /g')
        [ -z "$value" ] || export "${pair#*:}=$value"
    done
}

if [ "$lock" = requirements.txt ]; then
    python=$(first 10 12)
    if [ -z "$python" ]; then
        echo "MXNet 1.9.1 needs Python 3.10, 3.11 or 3.12: fetching 3.12 into .python, 35 MB"
        python=$(first 8 99)
        [ -n "$python" ] && "$python" -m venv --clear .venv && bring_uv &&
            .venv/bin/uv python install --quiet --no-bin --install-dir .python 3.12 ||
            python=
        if [ -z "$python" ]; then
            echo "error: no Python to set up with. See Set-up in docs/troubleshooting.md." >&2
            exit 1
        fi
        python=$(ls .python/*/bin/python3.12 | head -n 1)
    fi
    echo "Making .venv with $("$python" --version) ($(command -v "$python"))"
    "$python" -m venv --clear .venv
    printf '#!/bin/sh\nPYTHONPATH="%s${PYTHONPATH:+:$PYTHONPATH}" exec "%s" -m lenet "$@"\n' \
        "$PWD" "$PWD/.venv/bin/python" > .venv/bin/lenet
    chmod +x .venv/bin/lenet
fi
echo "Installing $lock: about half a minute"
# The first commands compile what they import, faster than all is compiled here, if they may.
bring_uv && .venv/bin/uv pip install --quiet --no-config --require-hashes --requirement "$lock" \
    ${PYTHONDONTWRITEBYTECODE:+--compile-bytecode} --index-strategy unsafe-best-match \
    --python .venv/bin/python ||
    .venv/bin/python -m pip --quiet install --require-hashes --requirement "$lock"
mxnet=$(echo .venv/lib/python3*/site-packages/mxnet) debian=/usr/lib/aarch64-linux-gnu
# MXNet's package for arm64 names three libraries of Arm's. It needs only what these have.
[ "$(uname -m)" != aarch64 ] || ln -sf $debian/libopenblas.so.0 "$mxnet/libarmpl_lp64_mp.so"
[ "$(uname -m)" != aarch64 ] || ln -sf $debian/liblapacke.so.3 "$mxnet/libamath.so"
[ "$(uname -m)" != aarch64 ] || ln -sf $debian/libm.so.6 "$mxnet/libastring.so"
# Better to hear now that a library of the system is missing than in the middle of the work.
.venv/bin/python -c "import lenet.model._mxnet"
