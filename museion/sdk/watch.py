"""`run.watch`: distributions of a PyTorch model's gradients and parameters, taken while it trains, within a budget.

A sample is taken at every `log_freq`-th backward pass (gradients) or forward pass (parameters) of the model. Sampling
may take at most a twentieth of the time since watching began; a sample that would come too soon is left out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from museion.errors import UsageError, ValueInvalid

if TYPE_CHECKING:
    from museion.sdk.run import Run

BINS = 64
SHARE = 0.05
GRACE = 0.5
"""Seconds that sampling may take at first, whatever share of the time that is."""

_WHAT = (None, "gradients", "parameters", "all")
_watchers: WeakKeyDictionary[Run, list[Watcher]] = WeakKeyDictionary()


def watch(
    run: Run,
    models: Any,
    criterion: Any = None,
    log: str | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> None:
    """Log histograms `gradients/<parameter>` and `parameters/<parameter>` of `models`, each `log_freq` batches.

    Args:
        models: a torch module, or several.
        criterion: taken for W&B scripts; has no effect.
        log: "gradients", "parameters", "all" or None.
        log_freq: batches from one sample to the next.
        idx: number of the first model, if several calls watch several models; from 1 on it stands in the names.
        log_graph: log a table of the model's modules too.

    Raises:
        ValueInvalid: a model is no torch module, or an argument is not one of the above.
        UsageError: a model is watched already.
    """
    if log not in _WHAT:
        raise ValueInvalid(f"log={log!r}.", advice="Use 'gradients', 'parameters', 'all' or None.")
    if not isinstance(log_freq, int) or isinstance(log_freq, bool) or log_freq < 1:
        raise ValueInvalid(f"log_freq is {log_freq!r}.", advice="Give a number of batches, 1 or more.")
    mine = _watchers.setdefault(run, [])
    found = _modules(models)
    if any(watcher.model is model for watcher in mine for model in found):
        raise UsageError("This model is watched already.", advice="Call unwatch() first.")
    for number, model in enumerate(found, len(mine) if idx is None else idx):
        prefix = f"graph_{number}" if number else ""
        mine.append(Watcher(run, model, log or "", log_freq, prefix))
        if log_graph:
            run.log({f"graph_{number}": describe(model)}, commit=False)


def unwatch(run: Run, models: Any = None) -> None:
    """Stop watching `models`, or all that this run watches."""
    mine = _watchers.get(run, [])
    stopped = list(mine) if models is None else [w for w in mine if any(w.model is m for m in _modules(models))]
    for watcher in stopped:
        watcher.stop()
        mine.remove(watcher)


class Watcher:
    """The hooks on one model."""

    def __init__(
        self,
        run: Run,
        model: Any,
        what: str,
        every: int,
        prefix: str = "",
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.model = model
        self._run, self._every, self._prefix = run, every, prefix
        self._budget = Budget(clock)
        self._forward = 0
        self._backward: dict[str, int] = {}
        self._handles: list[Any] = []
        if what in ("parameters", "all"):
            self._handles.append(model.register_forward_hook(self._after_forward))
        if what in ("gradients", "all"):
            self._handles += [p.register_hook(self._after_backward(n)) for n, p in _trained(model)]

    def stop(self) -> None:
        """Take the hooks away."""
        while self._handles:
            self._handles.pop().remove()

    def _after_forward(self, *_: Any) -> None:
        self._forward += 1
        if self._forward % self._every == 0:
            with self._budget as granted:
                if granted:
                    self._log("parameters", ((name, p) for name, p in self.model.named_parameters()))

    def _after_backward(self, name: str) -> Callable[[Any], None]:
        def sample(gradient: Any) -> None:
            self._backward[name] = count = self._backward.get(name, 0) + 1
            if count % self._every == 0:
                with self._budget as granted:
                    if granted:
                        self._log("gradients", [(name, gradient)])

        return sample

    def _log(self, what: str, tensors: Iterable[tuple[str, Any]]) -> None:
        from museion.sdk.media.histogram import Histogram

        row = {}
        for name, tensor in tensors:
            counted = count(tensor)
            if counted is not None:
                key = "/".join(part for part in (what, self._prefix, name) if part)
                row[key] = Histogram(np_histogram=counted)
        if row:
            self._run.log(row, commit=False)


class Budget:
    """Grants time until a share of all time since the beginning is spent: `with budget as granted: …`."""

    def __init__(self, clock: Callable[[], float], share: float = SHARE, grace: float = GRACE) -> None:
        self._clock, self._share, self._grace = clock, share, grace
        self._began = clock()
        self._spent = 0.0
        self._entered = 0.0

    def __enter__(self) -> bool:
        self._entered = self._clock()
        return self._spent <= self._grace + self._share * (self._entered - self._began)

    def __exit__(self, *_: object) -> None:
        self._spent += self._clock() - self._entered


def count(tensor: Any) -> tuple[list[float], list[float]] | None:
    """(counts, edges) of the finite values of a tensor, counted where the tensor is; None if there are none."""
    torch = sys.modules["torch"]
    values = tensor.detach()
    values = (values.coalesce().values() if values.is_sparse else values).flatten()
    if values.dtype not in (torch.float32, torch.float64):
        values = values.float()
    values = values[torch.isfinite(values)]
    if not values.numel():
        return None
    low, high = (float(bound) for bound in torch.stack(torch.aminmax(values)).tolist())
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts = torch.histc(values if values.device.type in ("cpu", "cuda") else values.cpu(), BINS, low, high)
    width = (high - low) / BINS
    return counts.tolist(), [low + width * i for i in range(BINS)] + [high]


def describe(model: Any) -> Any:
    """The modules of a model as a table: name, type, own parameters, and whether they are trained."""
    from museion.sdk.media.table import Table

    rows = []
    for name, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        trained = sum(p.numel() for p in own if p.requires_grad)
        rows.append([name or "(model)", type(module).__name__, sum(p.numel() for p in own), trained])
    return Table(columns=["module", "type", "parameters", "trained"], data=rows)


def _trained(model: Any) -> Iterable[tuple[str, Any]]:
    return ((name, p) for name, p in model.named_parameters() if p.requires_grad)


def _modules(models: Any) -> list[Any]:
    torch = sys.modules.get("torch")
    found = list(models) if isinstance(models, list | tuple) else [models]
    for model in found:
        if torch is None or not isinstance(model, torch.nn.Module):
            raise ValueInvalid(f"watch() was given a {type(model).__name__}.", advice="Give a torch.nn.Module.")
    return found
