"""Museion: it belongs in a museum. Track runs, models and datasets on your own machine.

    import museion as wandb

    with wandb.init(project="artifacts-example", config={"lr": 0.1}) as run:
        run.log({"loss": 0.5})

Names are loaded when they are first asked for: importing museion is cheap.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

__all__ = [
    "AlertLevel",
    "Api",
    "Artifact",
    "ArtifactTTL",
    "Audio",
    "Classes",
    "CommError",
    "Config",
    "Error",
    "Histogram",
    "Html",
    "Image",
    "JoinedTable",
    "Molecule",
    "Object3D",
    "Plotly",
    "Run",
    "Settings",
    "Table",
    "UsageError",
    "Video",
    "alert",
    "attach",
    "box3d",
    "config",
    "data_types",
    "define_metric",
    "ensure_configured",
    "errors",
    "finish",
    "init",
    "join",
    "link_artifact",
    "link_model",
    "log",
    "log_artifact",
    "log_code",
    "log_model",
    "login",
    "mark_preempting",
    "patched",
    "pin_config_keys",
    "plot",
    "plot_table",
    "require",
    "restore",
    "run",
    "save",
    "setup",
    "summary",
    "teardown",
    "termerror",
    "termlog",
    "termsetup",
    "termwarn",
    "unwatch",
    "use_artifact",
    "use_model",
    "watch",
]

_HOMES = {
    "Api": "museion.sdk.api",
    "Artifact": "museion.sdk.artifact",
    "ArtifactTTL": "museion.sdk.lifetime",
    "Audio": "museion.sdk.media",
    "Classes": "museion.sdk.media",
    "Config": "museion.sdk.config",
    "Histogram": "museion.sdk.media",
    "Html": "museion.sdk.media",
    "Image": "museion.sdk.media",
    "JoinedTable": "museion.sdk.media",
    "Molecule": "museion.sdk.media",
    "Object3D": "museion.sdk.media",
    "Plotly": "museion.sdk.media",
    "Run": "museion.sdk.run",
    "Table": "museion.sdk.media",
    "Video": "museion.sdk.media",
    "box3d": "museion.sdk.media",
    "init": "museion.sdk.init",
    "plot_table": "museion.sdk.plots",
}
_MODULES = {"data_types": "museion.sdk.media", "errors": "museion.errors", "plot": "museion.sdk.plots"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("run", "config", "summary"):
        return getattr(import_module("museion.sdk.module"), f"current_{name}")()
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in __all__:
        found = getattr(import_module(_HOMES.get(name, "museion.sdk.module")), name)
        globals()[name] = found
        return found
    raise import_module("museion.sdk.module").unknown(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
