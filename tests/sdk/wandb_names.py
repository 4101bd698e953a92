"""Run by the Python of W&B's own client: prints the public names of its module and of its runs, with their parameters.

`.venv-wandb/bin/python tests/sdk/wandb_names.py > tests/golden/wandb-names.json` writes down a new version of it.
"""

import inspect
import json
import types

import wandb


def parameters(found: object) -> list[str] | None:
    """Names of what can be handed over; None if it is not called."""
    try:
        given = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return None
    return [p.name for p in given if p.name != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def of_module() -> dict:
    """Every public name; parameters of functions and `null` for all else."""
    names = [name for name in dir(wandb) if not name.startswith("_")]
    functions = {n: o for n in names if isinstance(o := getattr(wandb, n), (types.FunctionType, types.MethodType))}
    return {name: parameters(functions[name]) if name in functions else None for name in names}


def of_run() -> dict:
    """The same of runs."""
    found = {n: inspect.getattr_static(wandb.Run, n) for n in dir(wandb.Run) if not n.startswith("_")}
    return {n: None if isinstance(o, property) else parameters(getattr(wandb.Run, n)) for n, o in found.items()}


if __name__ == "__main__":
    print(json.dumps({"version": wandb.__version__, "module": of_module(), "run": of_run()}, indent=1))
