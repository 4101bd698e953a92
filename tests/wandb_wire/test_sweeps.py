# ruff: noqa: E501  (the scripts stand as users type them)
"""Sweeps, driven by W&B's own agent."""

from __future__ import annotations

import json
import os
import random

import numpy as np
import pytest
import urllib3
from wandb_wire.conftest import Wire

from museion.errors import ValueInvalid
from museion.wandb_wire.pruning import hopeless, read_hyperband
from museion.wandb_wire.search import Outcome, expected, propose, read_space

CRASHES = int(os.environ.get("MUSEION_CRASHES", "1"))

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


def test_hyperband_lets_the_best_third_go_on() -> None:
    rule = read_hyperband({"type": "hyperband", "min_iter": 2})
    assert rule is not None
    assert (rule.bands[:4], rule.eta) == ((2, 6, 18, 54), 3.0)
    slope = {f"r{i}": np.arange(20.0, 0, -1) * (i + 1) for i in range(6)}
    assert hopeless(rule, slope, slope, maximize=False) == ["r2", "r3", "r4", "r5"]
    slope = {run: values[:2] for run, values in slope.items()}
    assert hopeless(rule, slope, slope, maximize=False) == ["r2", "r3", "r4", "r5"]
    assert hopeless(rule, slope, ["r0", "r5"], maximize=True) == ["r0"]
    assert hopeless(rule, {"a": np.array([1.0])}, ["a", "unseen"], maximize=False) == []
    assert hopeless(rule, {"a": np.array([np.nan] * 3), "b": np.ones(3)}, ["a", "b"], maximize=False) == ["a"]
    counted = read_hyperband({"type": "hyperband", "max_iter": 27, "s": 2})
    assert counted is not None
    assert counted.bands == (3, 9)
    for wrong in ({"type": "median"}, {"type": "hyperband"}, {"type": "hyperband", "min_iter": 3, "eta": 1}, [1]):
        with pytest.raises(ValueInvalid):
            read_hyperband(wrong)


EARLY = """
import json, pathlib, time, wandb
config = {"method": "grid", "program": "early.py", "metric": {"name": "loss", "goal": "minimize"},
          "early_terminate": {"type": "hyperband", "min_iter": 3}, "parameters": {"x": {"values": [1, 9]}}}
pathlib.Path("early.py").write_text('''
import time, wandb
run = wandb.init(settings=wandb.Settings(x_file_stream_transmit_interval=0.5))
for i in range(3 if run.config.x == 1 else 800):
    run.log({"loss": run.config.x}); time.sleep(0.1)
run.log({"done": 1})
''')
print(json.dumps(wandb.sweep(config, project="early")))
"""


BAND = """{method: grid, metric: {name: loss, goal: minimize}, early_terminate: {type: hyperband, min_iter: 3},
parameters: {x: {values: [1, 9]}}}"""
BEAT = "mutation($a: ID!, $s: JSONString) {agentHeartbeat(input: {id: $a, runState: $s}) {commands}}"


def test_an_agent_is_told_what_to_stop(wire: Wire, entity: str) -> None:
    make = 'mutation($c: String) {upsertSweep(input: {projectName: "bands", config: $c}) {sweep {name}}}'
    sweep = wire.graphql(make, c=BAND)[1]["data"]["upsertSweep"]["sweep"]["name"]
    begin = 'mutation($s: String!) {createAgent(input: {host: "h", projectName: "bands", sweep: $s}) {agent {id}}}'
    agent = wire.graphql(begin, s=sweep)[1]["data"]["createAgent"]["agent"]["id"]

    def beat(**alive: bool) -> list[dict[str, str]]:
        said = wire.graphql(BEAT, a=agent, s=json.dumps(alive))[1]["data"]["agentHeartbeat"]["commands"]
        return [{key: told[key] for key in told.keys() & {"type", "run_id"}} for told in json.loads(said)]

    def log(run: str, loss: float, count: int) -> None:
        upsert = "mutation($i: UpsertBucketInput!) {upsertBucket(input: $i) {bucket {id}}}"
        wire.graphql(upsert, i={"modelName": "bands", "name": run, "sweep": sweep})
        lines = [json.dumps({"_step": i, "loss": loss}) for i in range(count)]
        body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": lines}}}
        headers = urllib3.make_headers(basic_auth=f"api:{wire.key}")
        urllib3.request("POST", f"{wire.url}/files/{entity}/bands/{run}/file_stream", json=body, headers=headers)

    good = beat()[0]["run_id"]
    log(good, 1.0, 3)
    assert beat(**{good: True}) == []
    bad = beat()[0]["run_id"]
    log(bad, 9.0, 2)
    assert beat(**{bad: True}) == []
    log(bad, 9.0, 3)
    assert beat(**{bad: True}) == [{"type": "stop", "run_id": bad}]
    assert beat() == [{"type": "exit"}]


@pytest.mark.skipif(CRASHES < 2, reason="the agent takes its time; MUSEION_CRASHES=2 does it all")
def test_a_run_that_promises_nothing_is_stopped(wire: Wire, entity: str) -> None:
    name = str(wire.answer(EARLY))
    wire.cli("agent", f"{entity}/early/{name}")
    runs = {run["config"]["x"]: run for run in wire.get(f"/api/v1/projects/{entity}/early/runs")["runs"]}
    assert runs[1]["state"] == "finished"
    assert runs[9]["state"] != "finished"
    keys = {key["key"] for key in wire.get(f"/api/v1/projects/{entity}/early/runs/{runs[9]['id']}/keys")}
    assert "done" not in keys


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
