"""Plots of a study that tunes recipes: how the loss fell, and which values had a say in it."""

import warnings
from pathlib import Path

import matplotlib
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import TrialState
from optuna.visualization import matplotlib as plots

from toolchain import storage
from toolchain.report.curves import plain_log
from toolchain.training.studies import Place, looked_at

ENOUGH_FOR_IMPORTANCE = 4  # complete trials, below which importances are noise


def draw(place: Place) -> list[Path]:
    """Write history.png and, of enough trials, importances.png into a study's folder."""
    study = looked_at(place)
    matplotlib.use("Agg")
    complete = len(study.get_trials(False, (TrialState.COMPLETE,)))
    name, made = "validation loss", {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna calls these experimental
        if complete:
            made["history"] = plots.plot_optimization_history(study, target_name=name)
            plain_log(made["history"])
        if complete >= ENOUGH_FOR_IMPORTANCE:
            made["importances"] = plots.plot_param_importances(
                study, evaluator=PedAnovaImportanceEvaluator(), target_name=name
            )
        paths = []
        for kind, axes in made.items():
            paths.append(place.folder / f"{kind}.png")
            axes.figure.set_size_inches(9, 5)
            with storage.replacing(paths[-1]) as temporary:
                axes.figure.savefig(temporary, format="png", dpi=150, bbox_inches="tight")
    return paths
