"""Install lock files into the environment of the Python that runs this, by uv or else by pip.

    .venv/bin/python tools/install.py requirements.txt
    .venv/bin/python tools/install.py --python 3.12 .python

The second form fetches a Python into a folder. uv itself comes by pip and its hash. uv reads no
settings of pip, and pip's settings say where packages come from here, so uv is handed them.
Any Python from 3.8 runs this, with its standard library alone.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from pathlib import Path

UV = Path(sys.prefix, "bin", "uv")
UV_LOCK = Path(__file__).resolve().parents[1] / "requirements-uv.txt"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]

# Settings of pip with the variable that tells uv the same.
TRANSLATED = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
# Settings of pip that change neither what a lock file installs nor where it comes from.
HARMLESS = {
    *("cache-dir", "compile", "config-file", "constraint", "debug", "disable-pip-version-check"),
    *("log", "no-cache-dir", "no-color", "no-compile", "no-input", "no-python-version-warning"),
    *("no-warn-conflicts", "no-warn-script-location", "prefer-binary", "progress-bar", "quiet"),
    *("require-virtualenv", "retries", "root-user-action", "verbose"),
}


def pip_settings() -> dict[str, str]:
    """Return the settings that `pip install` would take from files and variables."""
    listed = subprocess.run([*PIP, "config", "list"], stdout=subprocess.PIPE, text=True)
    if listed.returncode:
        # pip has said what is wrong with its settings.
        sys.exit(1)
    # A variable overrides the section of the command, and the section overrides `global`.
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in found:
            found[section][key] = ast.literal_eval(value)
    return {**found["global"], **found["install"], **found[":env:"]}


def uv_environment(settings: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the variables for uv, and the names of those settings that uv cannot be told."""
    # Variables that name other places for uv would overrule pip's settings.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "UV_FIND_LINKS" and not (name.startswith("UV_") and "INDEX" in name)
    }
    # pip takes the best version of all indexes, and a hash says which file is the right one.
    environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    for key, variable in TRANSLATED.items():
        if settings.get(key):
            separator = "," if key == "find-links" else " "
            environment[variable] = separator.join(settings[key].split())
    return environment, sorted(set(settings) - set(TRANSLATED) - HARMLESS)


def bring_uv() -> bool:
    """Let pip install uv by its hash. Return whether that worked."""
    # uv as source would need a compiler for Rust.
    options = ["--quiet", "--require-hashes", "--only-binary=:all:"]
    return subprocess.run([*PIP, "install", *options, "-r", str(UV_LOCK)]).returncode == 0


def uv_installs(locks: list[str]) -> bool:
    """Let uv install the lock files. Return whether that worked, and say why if it did not."""
    environment, unknown = uv_environment(pip_settings())
    if unknown:
        print(f"uv cannot be told pip's settings {', '.join(unknown)}.", flush=True)
        return False
    if not bring_uv():
        print("pip finds no uv.", flush=True)
        return False
    # Compiling in parallel is faster than in the first commands. Where Python may not write what it
    # compiled, every command would do it again.
    command = [str(UV), "pip", "install", "--no-config", "--quiet", "--compile-bytecode"]
    command += ["--require-hashes", "--python", sys.executable, *requirements(locks)]
    if subprocess.run(command, env=environment).returncode:
        print("uv could not install the packages.", flush=True)
        return False
    return True


def pip_installs(locks: list[str]) -> bool:
    """Let pip install the lock files. Return whether that worked."""
    print("pip installs the packages instead, in a minute or two.", flush=True)
    command = [*PIP, "install", "--quiet", "--require-hashes", *requirements(locks)]
    return subprocess.run(command).returncode == 0


def requirements(locks: list[str]) -> list[str]:
    """Return the options that name lock files, for pip and uv alike."""
    return [argument for lock in locks for argument in ("--requirement", lock)]


def fetch_python(version: str, folder: str) -> bool:
    """Let uv fetch a Python into a folder. Return whether that worked."""
    environment, _ = uv_environment(pip_settings())
    environment["UV_PYTHON_INSTALL_DIR"] = str(Path(folder).resolve())
    command = [str(UV), "python", "install", "--no-config", "--no-bin", version]
    return bring_uv() and subprocess.run(command, env=environment).returncode == 0


def main() -> None:
    """Install what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", nargs=2, metavar=("VERSION", "FOLDER"))
    parser.add_argument("locks", nargs="*", metavar="LOCK")
    arguments = parser.parse_args()
    if arguments.python:
        done = fetch_python(*arguments.python)
    else:
        done = uv_installs(arguments.locks) or pip_installs(arguments.locks)
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
