"""Samples of the machine a run works on: processor, memory, disk, network, its own process, GPUs if there are."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import psutil

MIB = 1 << 20


class Sampler:
    """`sample()` gives flat values under `system/`; rates are per second since the sample before."""

    def __init__(self, pid: int) -> None:
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(pid)
            self._process.cpu_percent()
        psutil.cpu_percent()
        self._before = (time.monotonic(), _counters())
        self._gpus = Gpus()

    def sample(self) -> dict[str, float]:
        """What can be read now; what cannot is left out."""
        values: dict[str, float] = {}
        for part in (self._machine, self._own, self._rates, self._gpus.sample):
            with contextlib.suppress(psutil.Error, OSError, AttributeError, ValueError):
                values.update(part())
        return values

    def _machine(self) -> Iterator[tuple[str, float]]:
        memory = psutil.virtual_memory()
        yield "system/cpu", psutil.cpu_percent()
        yield "system/memory", memory.percent
        yield "system/memory.available.mb", memory.available / MIB
        yield "system/disk", psutil.disk_usage("/").percent

    def _own(self) -> Iterator[tuple[str, float]]:
        if self._process is None:
            return
        with self._process.oneshot():
            yield "system/proc.cpu", self._process.cpu_percent()
            yield "system/proc.memory.mb", self._process.memory_info().rss / MIB
            yield "system/proc.threads", float(self._process.num_threads())

    def _rates(self) -> Iterator[tuple[str, float]]:
        now, counters = time.monotonic(), _counters()
        then, old = self._before
        self._before = (now, counters)
        for name, value in counters.items():
            if name in old and now > then:
                yield f"system/{name}", max(0.0, value - old[name]) / (now - then)


def _counters() -> dict[str, float]:
    found: dict[str, float] = {}
    with contextlib.suppress(psutil.Error, OSError, AttributeError):
        if net := psutil.net_io_counters():
            found |= {"network.sent": net.bytes_sent, "network.received": net.bytes_recv}
    with contextlib.suppress(psutil.Error, OSError, AttributeError, RuntimeError):
        if disk := psutil.disk_io_counters():
            found |= {"disk.read": disk.read_bytes, "disk.written": disk.write_bytes}
    return found


class Gpus:
    """NVIDIA GPUs by NVML; empty where the library or the driver is missing."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self.handles: list[Any] = []
        try:
            import pynvml

            pynvml.nvmlInit()
            self.handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
            self._nvml = pynvml
        except Exception:
            self._nvml = None

    def names(self) -> list[str]:
        """What the GPUs are called, and nothing if they cannot be asked."""
        if self._nvml is None:
            return []
        with contextlib.suppress(self._nvml.NVMLError):
            return [_text(self._nvml.nvmlDeviceGetName(handle)) for handle in self.handles]
        return []

    def sample(self) -> Iterator[tuple[str, float]]:
        """Use in percent, memory in MiB and percent, temperature in °C, power in watts, of each GPU."""
        for number, handle in enumerate(self.handles):
            with contextlib.suppress(self._nvml.NVMLError):
                yield from self._one(f"system/gpu.{number}", handle)

    def _one(self, name: str, handle: Any) -> Iterator[tuple[str, float]]:
        nvml = self._nvml
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        yield f"{name}.gpu", float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
        yield f"{name}.memory.mb", memory.used / MIB
        yield f"{name}.memory", 100.0 * memory.used / memory.total
        yield f"{name}.temp", float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
        yield f"{name}.power.watts", nvml.nvmlDeviceGetPowerUsage(handle) / 1000.0


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
