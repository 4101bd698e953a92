"""What W&B's module has and Museion does not, each with what to do instead: an error never says only "no such name"."""

from __future__ import annotations

_CALLBACK = "Call run.log() in a callback of your own: it takes a dict of numbers."
_SWEEP = "Let a loop, or Optuna, choose the values, and give the trials' runs a common group=."
_INSIDE = "It is an inside of W&B's package; use the names that museion has itself."

INSTEAD = {
    "EvalTable": "Log a museion.Table.",
    "Graph": "run.watch(model) records gradients and parameters.",
    "PartitionedTable": "Log one museion.Table to each key.",
    "agent": _SWEEP,
    "agents": _SWEEP,
    "analytics": _INSIDE,
    "api": "Use museion.Api().",
    "apis": "Use museion.Api().",
    "automations": "Use run.alert(), or ask museion.Api() from a job of your own.",
    "beta": _INSIDE,
    "catboost": _CALLBACK,
    "controller": _SWEEP,
    "env": "The variables are listed in docs/guides/offline.md; set them in os.environ.",
    "gym": "Log recorded episodes as museion.Video.",
    "helper": _INSIDE,
    "integration": _CALLBACK,
    "jupyter": "In a notebook, call run.display().",
    "keras": _CALLBACK,
    "lightgbm": _CALLBACK,
    "old": _INSIDE,
    "profiler": "Save what the profiler wrote with run.save().",
    "proto": _INSIDE,
    "sacred": _CALLBACK,
    "sagemaker_auth": "Set MUSEION_BASE_URL and MUSEION_API_KEY in the job's environment.",
    "sklearn": "Use museion.plot: confusion_matrix, roc_curve, pr_curve.",
    "sweep": _SWEEP,
    "sweeps": _SWEEP,
    "tensorboard": "Call run.log() beside add_scalar(), or keep the event files with run.save('runs/**').",
    "tensorflow": _CALLBACK,
    "trigger": _INSIDE,
    "util": _INSIDE,
    "visualize": "Use museion.plot_table().",
    "wandb_agent": _SWEEP,
    "wandb_lib": _INSIDE,
    "wandb_sdk": _INSIDE,
    "wandb_torch": "Use run.watch(model).",
    "xgboost": _CALLBACK,
}


def instead(name: str) -> str | None:
    """What to do in place of W&B's `name`; None if W&B has no such name."""
    return INSTEAD.get(name)
