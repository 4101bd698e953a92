# ruff: noqa: E501  (the scripts stand as users type them)
"""Sweeps, driven by W&B's own agent."""

from __future__ import annotations

import random

import pytest
from wandb_wire.conftest import Wire

from museion.errors import ValueInvalid
from museion.wandb_wire.search import Outcome, expected, propose, read_space

SWEEP = """
import json, wandb
def train():
    with wandb.init() as run:
        run.log({"loss": (run.config.x - 2) ** 2 + run.config.deep["y"]})
config = {"method": "grid", "metric": {"name": "loss", "goal": "minimize"},
          "parameters": {"x": {"values": [1, 2]}, "deep": {"parameters": {"y": {"value": 5}}}}}
sweep = wandb.sweep(config, project="sweep")
wandb.agent(sweep, train, project="sweep")
found = wandb.Api().sweep(f"sweep/{sweep}")
print(json.dumps({"state": found.state, "method": found.config["method"], "best": found.best_run().summary["loss"],
                  "x": sorted(run.config["x"] for run in found.runs), "sweep": found.runs[0].sweep_name == sweep,
                  "expected": found.expected_run_count, "all": len(wandb.Api().project("sweep").sweeps()), "name": sweep}))
"""


def test_a_grid_is_searched(wire: Wire) -> None:
    out = wire.answer(SWEEP)
    assert out["state"] == "FINISHED"
    assert (out["method"], out["best"], out["x"], out["sweep"]) == ("grid", 5, [1, 2], True)
    assert (out["expected"], out["all"]) == (2, 1)


def test_commands_steer_a_sweep(wire: Wire, entity: str) -> None:
    (wire.work / "sweep.yaml").write_text(
        "project: steer\nprogram: train.py\nmethod: random\nparameters: {lr: {min: 0.1, max: 0.2}}\nrun_cap: 1\n"
    )
    (wire.work / "train.py").write_text(
        "import wandb\nrun = wandb.init()\nassert 0.1 <= run.config.lr <= 0.2\nrun.log({'loss': 1})\n"
    )
    said = wire.cli("sweep", "sweep.yaml", WANDB_SILENT="false")
    name = said.rsplit("wandb agent ", 1)[1].split()[0]
    short = name.rpartition("/")[2]
    wire.cli("agent", name)
    assert _state(wire, entity, short) == "FINISHED"
    runs = wire.get(f"/api/v1/projects/{entity}/steer/runs")["runs"]
    assert [run["state"] for run in runs] == ["finished"]


def _state(wire: Wire, entity: str, name: str) -> str:
    document = 'query($e: String, $n: String!) {project(name: "steer", entityName: $e) {sweep(sweepName: $n) {state}}}'
    return str(wire.graphql(document, e=entity, n=name)[1]["data"]["project"]["sweep"]["state"])


BAYES = """
method: bayes
metric: {name: loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 0.00001, max: 1.0}
  layers: {min: 1, max: 8}
  kind: {values: [a, b, c]}
  q: {distribution: q_uniform, min: 0, max: 1, q: 0.25}
"""


def _loss(args: dict[str, float]) -> float:
    return abs(args["layers"] - 5) + (args["kind"] != "b") * 3 + args["q"]


def test_a_bayes_search_finds_better_than_chance() -> None:
    def best(text: str, seed: int) -> float:
        space, tried = read_space(text), list[Outcome]()
        for _ in range(40):
            args = propose(space, tried, f"s{seed}")
            assert args is not None
            tried.append(Outcome(args, _loss(args)))
        return sum(sorted(one.value for one in tried if one.value is not None)[:10])

    chance = sum(best(BAYES.replace("bayes", "random"), seed) for seed in range(3))
    assert sum(best(BAYES, seed) for seed in range(3)) < chance


def test_what_is_drawn_lies_where_it_was_to_lie() -> None:
    text = """
    {method: random, parameters: {a: {min: 1, max: 3}, b: {min: 0.5, max: 0.75}, c: {distribution: log_uniform_values,
     min: 0.001, max: 0.1}, d: {distribution: q_uniform, min: 0, max: 10, q: 5}, e: {distribution: normal, mu: 100, sigma: 0.1},
     f: {values: [1, x], probabilities: [0, 1]}, g: {parameters: {h: {value: 7}}}, i: {distribution: log_uniform, min: -1, max: 0}}}
    """
    space = read_space(text)
    for at in range(200):
        args = propose(space, [Outcome({})] * at, "seed")
        assert args is not None
        assert args["a"] in (1, 2, 3)
        assert 0.5 <= args["b"] <= 0.75
        assert 0.001 <= args["c"] <= 0.1 + 1e-12
        assert args["d"] in (0, 5, 10)
        assert 99 < args["e"] < 101
        assert (args["f"], args["g"]) == ("x", {"h": 7})
        assert 0.36 < args["i"] <= 1
    assert propose(space, [], "one") == propose(space, [], "one") != propose(space, [], "two")


def test_a_grid_goes_through_all_once() -> None:
    space = read_space("{method: grid, parameters: {a: {values: [1, 2, 3]}, b: {min: 0, max: 1}}}")
    tried: list[Outcome] = []
    while (args := propose(space, tried, "g")) is not None:
        tried.append(Outcome(args))
    assert len({(one.args["a"], one.args["b"]) for one in tried}) == len(tried) == 6 == expected(space)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "method: grid", "{method: magic, parameters: {a: {value: 1}}}", "{method: grid, parameters: {a: 1}}",
     "{method: grid, parameters: {a: {min: 0.0, max: 1.0}}}", "{method: random, parameters: {a: {min: 1}}}",
     "{method: bayes, parameters: {a: {value: 1}}}", "a: &a [*a]", "x" * 300_000],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused(text: str) -> None:
    with pytest.raises(ValueInvalid):
        read_space(text)


def test_random_specs_never_break() -> None:
    chance = random.Random(7)
    for _ in range(300):
        spec = {
            chance.choice(["min", "max", "values", "value", "distribution", "mu"]): chance.choice(
                [1, 0.5, [], [1], "q_uniform", None]
            )
            for _ in range(3)
        }
        try:
            space = read_space(
                str({"method": chance.choice(["grid", "random"]), "parameters": {"a": spec}}).replace("None", "null")
            )
        except ValueInvalid:
            continue
        propose(space, [], "s")
