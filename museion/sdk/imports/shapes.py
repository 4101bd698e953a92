"""Which fields of W&B's records an import reads, by the numbers of their protocol."""

from __future__ import annotations

from museion.sdk.imports.protobuf import Field, Message

TIMESTAMP: Message = {1: Field("seconds", "int"), 2: Field("nanos", "int")}
ITEM: Message = {1: Field("key"), 2: Field("nested_key", many=True), 16: Field("value_json")}
HISTORY_ITEM: Message = {
    **ITEM,
    3: Field("none", "int"),
    4: Field("boolean", "bool"),
    5: Field("integer", "sint"),
    6: Field("number", "double"),
    7: Field("text"),
    8: Field("json"),
}
ITEMS: Message = {1: Field("update", ITEM, many=True), 2: Field("remove", ITEM, many=True)}
RUN: Message = {
    1: Field("id"),
    2: Field("entity"),
    3: Field("project"),
    4: Field("config", ITEMS),
    6: Field("group"),
    7: Field("job_type"),
    8: Field("display_name"),
    9: Field("notes"),
    10: Field("tags", many=True),
    12: Field("sweep"),
    13: Field("host"),
    17: Field("start_time", TIMESTAMP),
}
ENTRY: Message = {
    1: Field("path"),
    2: Field("digest"),
    3: Field("ref"),
    4: Field("size", "int"),
    6: Field("local_path"),
    7: Field("birthArtifactID"),
    8: Field("skip_cache", "bool"),
    16: Field("extra", {1: Field("key"), 2: Field("value_json")}, many=True),
}
ARTIFACT: Message = {
    1: Field("run"),
    2: Field("project"),
    3: Field("entity"),
    4: Field("type"),
    5: Field("name"),
    6: Field("digest"),
    7: Field("description"),
    8: Field("metadata"),
    10: Field("use_after_commit", "bool"),
    11: Field("aliases", many=True),
    12: Field("manifest", {4: Field("contents", ENTRY, many=True), 5: Field("file")}),
    13: Field("distributed_id"),
    14: Field("finalize", "bool"),
    15: Field("client_id"),
    16: Field("sequence_client_id"),
    17: Field("base_id"),
    18: Field("ttl", "int"),
    19: Field("tags", many=True),
    20: Field("digest_algorithm"),
    100: Field("incremental", "bool"),
}
METRIC: Message = {
    1: Field("name"),
    2: Field("glob"),
    4: Field("step_metric"),
    6: Field("options", {1: Field("1", "bool"), 2: Field("2", "bool"), 3: Field("3", "bool")}),
    7: Field("summary", {n: Field(str(n), "bool") for n in range(1, 9)}),
    8: Field("goal", "int"),
}
OUTPUT: Message = {1: Field("stream", "int"), 2: Field("time", TIMESTAMP), 3: Field("line")}
ENVIRONMENT: Message = {
    1: Field("os"),
    2: Field("python"),
    3: Field("startedAt", TIMESTAMP),
    5: Field("args", many=True),
    6: Field("program"),
    7: Field("codePath"),
    9: Field("git", {1: Field("remote"), 2: Field("commit")}),
    11: Field("root"),
    12: Field("host"),
    14: Field("executable"),
    16: Field("cpu_count", "int"),
    17: Field("cpu_count_logical", "int"),
    18: Field("gpu"),
    19: Field("gpu_count", "int"),
    199: Field("writerId"),
}
RECORD: Message = {
    2: Field("history", {1: Field("items", HISTORY_ITEM, many=True), 2: Field("step", {1: Field("num", "int")})}),
    3: Field("summary", ITEMS),
    4: Field("output", OUTPUT),
    5: Field("config", ITEMS),
    6: Field("files", {1: Field("files", {1: Field("path")}, many=True)}),
    7: Field("stats", {2: Field("time", TIMESTAMP), 3: Field("items", ITEM, many=True)}),
    8: Field("artifact", ARTIFACT),
    10: Field("alert", {1: Field("title"), 2: Field("text"), 3: Field("level")}),
    12: Field("metric", METRIC),
    13: Field("output", OUTPUT),
    17: Field("run", RUN),
    18: Field("exit", {1: Field("code", "int"), 2: Field("runtime", "int")}),
    25: Field("use_artifact", {1: Field("id"), 2: Field("type"), 3: Field("name")}),
    26: Field("environment", ENVIRONMENT),
}
