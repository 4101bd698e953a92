"""`run.watch` on a real PyTorch model: what is logged is what the tensors hold, and no more often than asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from museion.errors import UsageError, ValueInvalid
from museion.sdk.journal import Kind, records
from museion.sdk.run import Run
from museion.sdk.rundir import RunDir
from museion.sdk.watch import Budget, Watcher, count

Begin = Callable[..., Run]


def logged(run: Run) -> dict[int, dict[str, Any]]:
    assert run.folder
    rows: dict[int, dict[str, Any]] = {}
    for path in RunDir(run.folder).journals():
        for record in records(path):
            if record.kind == Kind.ROW:
                step, _, values = record.value
                rows.setdefault(step, {}).update(values)
    return rows


def train(run: Run, model: nn.Module, batches: int) -> None:
    for _ in range(batches):
        model.zero_grad()
        loss = model(torch.ones(4, 3)).square().mean()
        loss.backward()
        run.log({"loss": loss.item()})


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))


def test_gradients_and_parameters_stand_in_the_row_of_their_batch(offline: Begin) -> None:
    run, model = offline(), small()
    run.watch(model, log="all", log_freq=2)
    train(run, model, 4)
    rows = logged(run)
    sampled = [step for step, row in rows.items() if "gradients/0.weight" in row]
    assert sampled == [1, 3]
    assert all("loss" in rows[step] for step in sampled)
    assert set(rows[1]) == {
        "loss",
        *(f"{w}/{n}" for w in ("gradients", "parameters") for n, _ in model.named_parameters()),
    }
    found = rows[3]["gradients/0.weight"]
    assert found["_type"] == "histogram"
    assert sum(found["values"]) == 24
    gradient = model[0].weight.grad
    assert found["bins"][0] == pytest.approx(gradient.min().item())
    assert found["bins"][-1] == pytest.approx(gradient.max().item())


def test_nothing_is_logged_after_unwatch(offline: Begin) -> None:
    run, model = offline(), small()
    run.watch(model, log_freq=1)
    train(run, model, 1)
    run.unwatch(model)
    train(run, model, 2)
    run.watch(model, log_freq=1)
    run.unwatch()
    train(run, model, 1)
    assert ["gradients/0.weight" in row for row in logged(run).values()] == [True, False, False, False]


def test_several_models_have_names_of_their_own_and_a_graph(offline: Begin) -> None:
    run, first, second = offline(), small(), small()
    run.watch([first, second], log_freq=1, log_graph=True)
    train(run, second, 1)
    row = logged(run)[0]
    assert "gradients/graph_1/0.weight" in row
    assert "gradients/0.weight" not in row
    assert row["graph_0"]["_type"] == "table-file"


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor([1.0, float("nan"), 3.0, float("inf")]),
        torch.full((5,), 2.0),
        torch.arange(1000, dtype=torch.bfloat16),
        torch.eye(3).to_sparse(),
        torch.arange(10),
    ],
)
def test_a_tensor_is_counted_as_numpy_does(tensor: torch.Tensor) -> None:
    found = count(tensor)
    assert found is not None
    counts, edges = found
    dense = (tensor.coalesce().values() if tensor.is_sparse else tensor).float().numpy()
    theirs, places = np.histogram(dense[np.isfinite(dense)], bins=64)
    assert edges == pytest.approx(places.tolist())
    assert sum(counts) == theirs.sum()
    assert counts[0] == theirs[0]
    assert counts[-1] == theirs[-1]


def test_a_tensor_without_finite_values_is_left_out() -> None:
    assert count(torch.tensor([float("nan")])) is None
    assert count(torch.tensor([])) is None


def test_sampling_stays_within_its_budget() -> None:
    now = iter(range(1000))
    budget = Budget(lambda: float(next(now)), share=0.25, grace=1)
    granted = []
    for _ in range(12):
        with budget as given:
            granted.append(given)
    assert granted == [True] * 3 + [False] * 9


def test_a_sample_that_would_cost_too_much_is_left_out(offline: Begin) -> None:
    def clock() -> Iterator[float]:
        yield 0.0
        yield 0.0
        yield 100.0  # the first sample takes 100 s
        while True:
            yield 101.0

    ticking = clock()
    run, model = offline(), small()
    watcher = Watcher(run, model, "parameters", 1, clock=lambda: next(ticking))
    train(run, model, 3)
    watcher.stop()
    assert ["parameters/0.weight" in row for row in logged(run).values()] == [True, False, False]


def test_wrong_arguments_are_named(offline: Begin) -> None:
    run, model = offline(), small()
    with pytest.raises(ValueInvalid, match="str"):
        run.watch("model")
    with pytest.raises(ValueInvalid, match="loss"):
        run.watch(model, log="loss")
    with pytest.raises(ValueInvalid, match="log_freq"):
        run.watch(model, log_freq=0)
    run.watch(model)
    with pytest.raises(UsageError, match="already"):
        run.watch(model)
