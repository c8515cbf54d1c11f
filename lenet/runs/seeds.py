"""The runs of two recipes from several seeds: those at hand, and those that are missing."""

import json
import subprocess
import sys
from multiprocessing.pool import ThreadPool

import dvc.api
import pandas as pd
from dvc.repo import Repo

from lenet.core.errors import InputError
from lenet.evaluation.comparison import Recipes
from lenet.runs.experiments import FIGURES, current, load
from lenet.runs.revisions import WORKSPACE, is_stale


def compare(old: str, new: str, count: int = 0) -> Recipes:
    """Compare the recipes of two revisions that have results, by all runs at hand.

    A run belongs to a recipe if it shares code, data, and all parameters but the seed. First, each
    seed below `count` that a recipe lacks is trained from, as experiments, two at a time.

    Raises InputError where a seed cannot be had.
    """
    recipes = _at_hand(old, new)
    if lacking := _lacking(recipes, count):
        sides = {new: recipes.after, old: recipes.before}
        settings = {rev: _settings(rev, sides[rev].iloc[0]) for rev in lacking}
        runs = [[*settings[rev], f"-Sseed={seed}"] for rev in lacking for seed in lacking[rev]]
        with ThreadPool(2) as pool:
            pool.map(_train, runs, chunksize=1)
        recipes = _at_hand(old, new)
        for rev, seeds in _lacking(recipes, count).items():
            found = f"seed {', '.join(seeds)} has no results"
            raise InputError(rev, found, advice="DVC says above why. The same command goes on.")
    return recipes


def _train(settings: list[str]) -> None:
    """Run an experiment in a folder of its own; what fails is missing afterwards.

    A worker of DVC's queue may end early, and DVC then waits for ever: issue 10428 of DVC.
    """
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "exp", "run", "--temp", *settings]
    # DVC's words are no result.
    subprocess.run(command, stdout=sys.stderr, check=False)


def _at_hand(old: str, new: str) -> Recipes:
    revs = [rev for rev in (old, new) if rev != WORKSPACE]
    runs = load("HEAD", *dvc.api.all_branches(), *revs)
    before, after = (_siblings(rev, runs[runs["name"] != WORKSPACE]) for rev in (old, new))
    same = before[_shared(runs)].iloc[0].equals(after[_shared(runs)].iloc[0])
    return Recipes(old, new, before, after, same)


def _siblings(rev: str, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `runs` that share a revision's recipe, one a seed, its own the first."""
    own = load("HEAD" if rev == WORKSPACE else rev)
    own = own[(own["name"] == WORKSPACE) == (rev == WORKSPACE)].head(1)
    if own.empty:
        raise InputError(rev, "DVC finds no results of it")
    if rev == WORKSPACE and is_stale():
        # The parameters are not those of the results.
        own = own.assign(inputs="{}")
    return pd.concat([own, runs.merge(own[_shared(runs)])]).drop_duplicates("seed")


def _shared(runs: pd.DataFrame) -> list[str]:
    return [str(name) for name in runs if name not in ("name", "seed", *FIGURES)]


def _lacking(recipes: Recipes, count: int) -> dict[str, list[str]]:
    """Return the seeds below `count` that a recipe lacks, by its name."""
    sides = {recipes.old: recipes.before} | ({} if recipes.same else {recipes.new: recipes.after})
    wanted = [*map(str, range(count))]
    seeds = {
        rev: [seed for seed in wanted if seed not in {*runs["seed"]}] for rev, runs in sides.items()
    }
    return {rev: lacking for rev, lacking in seeds.items() if lacking}


def _settings(rev: str, own: pd.Series) -> list[str]:
    """Return the options that make a revision's parameters, but the seed, from the workspace's.

    Raises InputError where the workspace's code or data do not make them.
    """
    if rev == WORKSPACE:
        if Repo().status(targets=["report"], with_deps=True):
            found = "its results are not those of its code, data and parameters"
            raise InputError(rev, found, advice="`dvc repro` makes or restores them.")
    else:
        files = [name for path in json.loads(own["inputs"]) for name in (path, f"{path}.dvc")]
        git = ["git", "diff", "--quiet", own["name"], "--", "dvc.yaml", *files]
        if subprocess.run(git, check=False).returncode:
            found = "its code or data are not the workspace's, so its seeds cannot be trained here"
            advice = "`make seeds` trains them where it is checked out."
            raise InputError(rev, found, advice=advice)
    return [
        f"-S{name}={own[name]}"
        for name, now in current().items()
        if name != "seed" and own[name] != now
    ]
