"""What a sweep tries next: all combinations, chance, or what promises most. The last is Optuna's work."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from museion.errors import ValueInvalid
from museion.wandb_wire.pruning import Hyperband, read_hyperband

METHODS = ("grid", "random", "bayes")
MAX_CONFIG = 256 * 1024
MAX_GRID = 1_000_000
MAX_PARAMETERS = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was tried, and what came of it; None while nothing has."""

    args: Mapping[str, Any]
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """A sweep's config, read. `parameters` are flat: those nested are named by their path."""

    method: str
    metric: str | None
    maximize: bool
    parameters: Mapping[tuple[str, ...], Mapping[str, Any]]
    cap: int | None
    program: str | None = None
    early: Hyperband | None = None


def read_space(text: str) -> Space:
    """Read a sweep's config (YAML or JSON text); raises ValueInvalid for one that cannot be searched."""
    found = _mapping(text)
    method = str(found.get("method", ""))
    metric = found.get("metric")
    metric = metric if isinstance(metric, Mapping) else {}
    parameters = dict(_leaves(found.get("parameters"), ()))
    if not parameters or len(parameters) > MAX_PARAMETERS:
        raise ValueInvalid(f"A sweep has 1 to {MAX_PARAMETERS:,} parameters.")
    if method not in METHODS and method != "custom":
        raise ValueInvalid(f"There is no search method {method!r}.", advice=f"Use {', '.join(METHODS)}.")
    cap = found.get("run_cap")
    space = Space(
        method,
        str(metric["name"]) if metric.get("name") else None,
        metric.get("goal") == "maximize",
        parameters,
        cap if isinstance(cap, int) and cap > 0 else None,
        str(found["program"]) if found.get("program") else None,
        read_hyperband(found.get("early_terminate")),
    )
    _check(space)
    return space


def _mapping(text: str) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(text) if len(text) <= MAX_CONFIG else None
    except (yaml.YAMLError, RecursionError, ValueError):
        found = None
    if not isinstance(found, Mapping):
        raise ValueInvalid("The sweep's config is not a YAML object.")
    return found


def _leaves(found: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if not isinstance(found, Mapping) or len(path) > 8:
        raise ValueInvalid("A sweep's parameters are an object of objects.")
    for name, spec in found.items():
        if isinstance(spec, Mapping) and isinstance(spec.get("parameters"), Mapping):
            yield from _leaves(spec["parameters"], (*path, str(name)))
        elif isinstance(spec, Mapping):
            yield (*path, str(name)), spec
        else:
            raise ValueInvalid(f"The parameter {name!r} is not an object.", advice="Write {value: …} or {values: […]}.")


def _check(space: Space) -> None:
    for path, spec in space.parameters.items():
        name = ".".join(path)
        if not isinstance(spec.get("values", []), list):
            raise ValueInvalid(f"The values of {name!r} are no list.")
        choices = choices_of(spec)
        if choices is None and space.method == "grid":
            raise ValueInvalid(f"A grid cannot go through {name!r}.", advice="Give values, or q_uniform with q.")
        if choices is None and not _range(spec):
            raise ValueInvalid(f"The parameter {name!r} has no values and no min and max.")
    if space.method == "bayes":
        if space.metric is None:
            raise ValueInvalid("A bayes sweep needs a metric.", advice="Add metric: {name: loss, goal: minimize}.")
        _optuna()


def _range(spec: Mapping[str, Any]) -> bool:
    if "normal" in str(spec.get("distribution", "")):
        return True
    low, high = spec.get("min"), spec.get("max")
    return isinstance(low, int | float) and isinstance(high, int | float) and math.isfinite(high - low) and low <= high


def choices_of(spec: Mapping[str, Any]) -> list[Any] | None:
    """All values of a parameter that has finitely many; None for the others."""
    if "value" in spec:
        return [spec["value"]]
    if spec.get("values"):
        return list(spec["values"])
    kind = kind_of(spec)
    if not _range(spec) or "normal" in kind:
        return None
    if kind == "int_uniform" and spec["max"] - spec["min"] < MAX_GRID:
        return list(range(int(spec["min"]), int(spec["max"]) + 1))
    step = spec.get("q")
    if kind == "q_uniform" and isinstance(step, int | float) and step > 0:
        count = int((spec["max"] - spec["min"]) / step + 1e-9) + 1
        return [spec["min"] + at * step for at in range(count)] if count < MAX_GRID else None
    return None


def kind_of(spec: Mapping[str, Any]) -> str:
    """The distribution; two whole limits mean whole numbers, as W&B has it."""
    if spec.get("distribution"):
        return str(spec["distribution"])
    whole = isinstance(spec.get("min"), int) and isinstance(spec.get("max"), int)
    return "int_uniform" if whole else "uniform"


def expected(space: Space) -> int | None:
    """How many runs there will be, if that is known."""
    count = None
    if space.method == "grid":
        count = math.prod(len(choices_of(spec) or []) for spec in space.parameters.values())
    known = [number for number in (count, space.cap) if number is not None]
    return min(known) if known else None


def propose(space: Space, tried: Sequence[Outcome], seed: str) -> dict[str, Any] | None:
    """What to try next, nested as the config has it; None when the search is over."""
    if space.cap is not None and len(tried) >= space.cap:
        return None
    if space.method == "grid":
        flat = _next_of_grid(space, tried)
    elif space.method == "bayes":
        flat = _promising(space, tried, seed)
    else:
        chance = random.Random(f"{seed}:{len(tried)}")  # noqa: S311  (a search, no secret)
        flat = {path: draw(spec, chance) for path, spec in space.parameters.items()}
    return None if flat is None else nested(flat)


def nested(flat: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """Values by path as objects in objects."""
    out: dict[str, Any] = {}
    for path, value in flat.items():
        inner = out
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = value
    return out


def _at(args: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = args
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _next_of_grid(space: Space, tried: Sequence[Outcome]) -> dict[tuple[str, ...], Any] | None:
    done = {json.dumps([_at(one.args, path) for path in space.parameters]) for one in tried}
    every = itertools.product(*(choices_of(spec) or [] for spec in space.parameters.values()))
    for values in itertools.islice(every, MAX_GRID):
        if json.dumps(list(values)) not in done:
            return dict(zip(space.parameters, values, strict=True))
    return None


def draw(spec: Mapping[str, Any], chance: random.Random) -> Any:
    """A value by chance, by the parameter's distribution."""
    if "value" in spec:
        return spec["value"]
    if spec.get("values"):
        return chance.choices(spec["values"], spec.get("probabilities"))[0]
    kind = kind_of(spec)
    if "normal" in kind:
        value = chance.gauss(float(spec.get("mu", 0)), float(spec.get("sigma", 1)))
        value = math.exp(min(value, 700.0)) if "log" in kind else value
    else:
        value = _between(kind, float(spec["min"]), float(spec["max"]), chance.random())
    return _rounded(kind, value, spec.get("q", 1))


def _between(kind: str, low: float, high: float, share: float) -> float:
    if kind == "int_uniform":
        return math.floor(low + share * (high - low + 1))
    if "log_uniform_values" in kind:
        low, high = math.log(max(low, 1e-300)), math.log(max(high, 1e-300))
    if kind.startswith("inv_"):
        return math.exp(high - share * (high - low)) if "log" in kind else high - share * (high - low)
    value = low + share * (high - low)
    return math.exp(min(value, 700.0)) if "log_uniform" in kind else value


def _rounded(kind: str, value: float, step: Any) -> float | int:
    if kind == "int_uniform":
        return int(value)
    if kind.startswith("q_") and isinstance(step, int | float) and step > 0:
        return round(value / step) * step
    return value


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise ValueInvalid(
            "A bayes search needs Optuna, which this server does not have.", advice="pip install 'museion[sweeps]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _promising(space: Space, tried: Sequence[Outcome], seed: str) -> dict[tuple[str, ...], Any]:
    """Optuna is told of every outcome and asked again: the study lives in the sweep's own rows."""
    optuna = _optuna()
    names = {json.dumps(path): path for path in space.parameters}
    ranges = {name: _distribution(optuna, space.parameters[path]) for name, path in names.items()}
    sampler = optuna.samplers.TPESampler(seed=random.Random(f"{seed}:{len(tried)}").getrandbits(31))  # noqa: S311
    study = optuna.create_study(sampler=sampler, direction="maximize" if space.maximize else "minimize")
    for one in tried:
        if one.value is not None and math.isfinite(one.value):
            params = {name: _index(space.parameters[path], _at(one.args, path)) for name, path in names.items()}
            if all(ranges[name]._contains(ranges[name].to_internal_repr(value)) for name, value in params.items()):
                study.add_trial(optuna.trial.create_trial(params=params, distributions=ranges, value=one.value))
    asked = study.ask(ranges).params
    return {path: _value(space.parameters[path], asked[name]) for name, path in names.items()}


def _distribution(optuna: Any, spec: Mapping[str, Any]) -> Any:
    """Values are chosen by their place in the list, because they may be anything."""
    kinds = optuna.distributions
    if "value" in spec or spec.get("values"):
        return kinds.CategoricalDistribution(list(range(len(choices_of(spec) or [0]))))
    kind = kind_of(spec)
    if "normal" in kind:
        mu, sigma = float(spec.get("mu", 0)), float(spec.get("sigma", 1))
        return kinds.FloatDistribution(mu - 4 * sigma, mu + 4 * sigma)
    if kind == "int_uniform":
        return kinds.IntDistribution(int(spec["min"]), int(spec["max"]))
    low, high = float(spec["min"]), float(spec["max"])
    if "log_uniform_values" in kind:
        return kinds.FloatDistribution(max(low, 1e-300), high, log=True)
    return kinds.FloatDistribution(low, high)


def _index(spec: Mapping[str, Any], value: Any) -> Any:
    if "value" in spec or spec.get("values"):
        choices = choices_of(spec) or [None]
        return choices.index(value) if value in choices else 0
    kind = kind_of(spec)
    exponent = ("log_uniform" in kind and "values" not in kind) or "log_normal" in kind
    return math.log(max(float(value), 1e-300)) if exponent else value


def _value(spec: Mapping[str, Any], found: Any) -> Any:
    if "value" in spec or spec.get("values"):
        return (choices_of(spec) or [None])[found]
    kind = kind_of(spec)
    exponent = ("log_uniform" in kind and "values" not in kind) or "log_normal" in kind
    return _rounded(kind, math.exp(min(found, 700.0)) if exponent else found, spec.get("q", 1))
