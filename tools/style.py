"""Check the project's comments, docstrings and functions; print what breaks a rule.

    python tools/style.py [FILE ...]

No sentence of a comment or docstring may open with a word of `OPENERS`, or have more than `WORDS`
words. A function may have `LINES` lines, the main of a stage `MAIN_LINES`. Ruff checks the rest.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

# A sentence that opens so puts its subject last, or has none.
OPENERS = {"Of", "By", "As", "Whoever", "Which", "Likewise", "Nor", "What"}
WORDS = 25
LINES = 60
MAIN_LINES = 40
_PATTERNS = ("*.py", "*.sh", "*.yaml", "*.yml", "*Makefile", "*Dockerfile")


def main() -> None:
    """Check the files that are named, or all that git knows; fail at a fault."""
    names = sys.argv[1:] or listed()
    faults = [fault for name in names for fault in check(Path(name))]
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(bool(faults))


def listed() -> list[str]:
    """Return the files of the project that have comments."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_PATTERNS]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [name for name in output.split("\0") if name and Path(name).is_file()]


def check(path: Path) -> list[str]:
    """Return the faults of a file, each with its line."""
    source = path.read_text()
    texts = list(hash_comments(source))
    faults = []
    if path.suffix == ".py":
        tree = ast.parse(source)
        texts = [*python_comments(source), *docstrings(tree)]
        faults = list(long_functions(tree, is_stage=path.parent.name == "stages"))
    for line, text in texts:
        faults += [(line, fault) for fault in faults_of_text(text)]
    return [f"{path}:{line}: {fault}" for line, fault in sorted(faults)]


def long_functions(tree: ast.AST, *, is_stage: bool) -> Iterator[tuple[int, str]]:
    """Yield line and fault of each function that is too long."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            most = MAIN_LINES if is_stage and node.name == "main" else LINES
            if lines > most:
                yield node.lineno, f"{node.name} has {lines} lines; expected at most {most}."


def faults_of_text(text: str) -> Iterator[str]:
    """Yield the faults of a comment or a docstring."""
    for sentence in sentences(text):
        words = [word for word in sentence.split() if re.search(r"\w", word)]
        if words and words[0].strip("`*(,") in OPENERS:
            yield f"opens with {words[0]!r}; expected the subject: {sentence[:60]}"
        if len(words) > WORDS:
            yield f"a sentence of {len(words)} words; expected at most {WORDS}: {sentence[:60]}"


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text; paragraphs that stand indented are code, and left out."""
    for paragraph in re.split(r"\n\s*?\n", text):
        if paragraph.startswith("  "):
            continue
        # An entry of a list begins a sentence, and so does a description behind `name:`.
        entries = re.split(r"^\s*(?:(?:\w+, )*\w+:(?: |$)|[-*] )", paragraph, flags=re.M)
        for entry in entries:
            joined = " ".join(entry.split())
            yield from filter(None, re.split(r"(?<=[.!?])\s+(?!al\b)", joined))


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, text


def python_comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield first line and text of each comment of Python code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    yield from _blocks(
        (
            token.start[0],
            token.start[1] if not token.line[: token.start[1]].strip() else -1,
            token.string,
        )
        for token in tokens
        if token.type == tokenize.COMMENT
    )


def hash_comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield first line and text of each comment of a shell script, Makefile or YAML file."""
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        match = re.match(r"(\s*)(#.*)|(.*?\s)(#[# ].*)", line)
        if match:
            alone = match[2] is not None
            found.append((number, len(match[1]) if alone else -1, match[2] or match[4]))
    yield from _blocks(iter(found))


def _blocks(comments: Iterator[tuple[int, int, str]]) -> Iterator[tuple[int, str]]:
    """Join comments of consecutive lines at the same column; -1 is a comment behind code."""
    start, end, column, text = 0, -1, -1, ""
    for line, at, comment in comments:
        if comment.startswith("#!"):
            continue
        words = re.sub("^#+ ?", "", comment)
        if line == end + 1 and at == column >= 0:
            # Commands in a comment stand indented: a paragraph of their own.
            breaks = words.startswith("  ") != text.rpartition("\n")[2].startswith("  ")
            text += ("\n\n" if breaks else "\n") + words
        else:
            if text:
                yield start, text
            start, column, text = line, at, words.strip()
        end = line
    if text:
        yield start, text


if __name__ == "__main__":
    main()
