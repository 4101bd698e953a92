"""What this server says of itself."""

from __future__ import annotations

from typing import Any

from ariadne import ObjectType, QueryType

FEATURES = (
    "FILESTREAM_GZIP",
    "LARGE_FILENAMES",
    "ARTIFACT_TAGS",
    "CLIENT_IDS",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILES",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILE_DOWNLOAD_HANDLER",
    "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP",
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE",
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
    "STRUCTURED_CONSOLE_LOGS",
    "TOTAL_COUNT_IN_FILE_CONNECTION",
    "MARK_RUN_FILES_UPLOADED",
    "ARTIFACT_DIGEST_ALGORITHM",
    "ARTIFACT_REGISTRY_SEARCH",
    "INCLUDE_ARTIFACT_TYPES_IN_REGISTRY_CREATION",
    "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID",
)
"""What the client may take for granted."""

NEWEST = "0.31.0"
OLDEST = "0.19.0"

query = QueryType()
info_type = ObjectType("ServerInfo")


@query.field("serverInfo")
def resolve_server_info(*_: Any) -> dict[str, Any]:
    return {"cliVersionInfo": {"max_cli_version": NEWEST, "min_cli_version": OLDEST}}


@info_type.field("features")
def resolve_features(*_: Any) -> list[dict[str, Any]]:
    return [{"name": name, "isEnabled": True} for name in FEATURES]


@info_type.field("latestLocalVersionInfo")
def resolve_version(*_: Any) -> None:
    """There is no newer server to tell of."""


BINDABLES = (query, info_type)
