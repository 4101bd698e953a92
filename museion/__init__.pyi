from typing import Any

from museion import errors as errors
from museion.sdk.api import Api as Api
from museion.sdk.artifact import Artifact as Artifact
from museion.sdk.config import Config as Config
from museion.sdk.init import init as init
from museion.sdk.lifetime import ArtifactTTL as ArtifactTTL
from museion.sdk.media import (
    Audio as Audio,
)
from museion.sdk.media import (
    Classes as Classes,
)
from museion.sdk.media import (
    Histogram as Histogram,
)
from museion.sdk.media import (
    Html as Html,
)
from museion.sdk.media import (
    Image as Image,
)
from museion.sdk.media import (
    JoinedTable as JoinedTable,
)
from museion.sdk.media import (
    Molecule as Molecule,
)
from museion.sdk.media import (
    Object3D as Object3D,
)
from museion.sdk.media import (
    Plotly as Plotly,
)
from museion.sdk.media import (
    Table as Table,
)
from museion.sdk.media import (
    Video as Video,
)
from museion.sdk.media import (
    box3d as box3d,
)
from museion.sdk.module import (
    AlertLevel as AlertLevel,
)
from museion.sdk.module import CommError as CommError
from museion.sdk.module import (
    Error as Error,
)
from museion.sdk.module import Settings as Settings
from museion.sdk.module import (
    UsageError as UsageError,
)
from museion.sdk.module import (
    alert as alert,
)
from museion.sdk.module import attach as attach
from museion.sdk.module import (
    define_metric as define_metric,
)
from museion.sdk.module import ensure_configured as ensure_configured
from museion.sdk.module import (
    finish as finish,
)
from museion.sdk.module import join as join
from museion.sdk.module import (
    link_artifact as link_artifact,
)
from museion.sdk.module import (
    link_model as link_model,
)
from museion.sdk.module import (
    log as log,
)
from museion.sdk.module import (
    log_artifact as log_artifact,
)
from museion.sdk.module import (
    log_code as log_code,
)
from museion.sdk.module import (
    log_model as log_model,
)
from museion.sdk.module import (
    login as login,
)
from museion.sdk.module import (
    mark_preempting as mark_preempting,
)
from museion.sdk.module import patched as patched
from museion.sdk.module import pin_config_keys as pin_config_keys
from museion.sdk.module import require as require
from museion.sdk.module import restore as restore
from museion.sdk.module import (
    save as save,
)
from museion.sdk.module import (
    setup as setup,
)
from museion.sdk.module import (
    teardown as teardown,
)
from museion.sdk.module import (
    termerror as termerror,
)
from museion.sdk.module import (
    termlog as termlog,
)
from museion.sdk.module import termsetup as termsetup
from museion.sdk.module import (
    termwarn as termwarn,
)
from museion.sdk.module import (
    unwatch as unwatch,
)
from museion.sdk.module import (
    use_artifact as use_artifact,
)
from museion.sdk.module import (
    use_model as use_model,
)
from museion.sdk.module import (
    watch as watch,
)
from museion.sdk.plots import plot_table as plot_table
from museion.sdk.run import Run as Run

config: Any
run: Run | None
summary: Any

__version__: str
