"""Registries as W&B's client knows them: projects of an entity whose collections link to versions of others."""

from __future__ import annotations

from wandb_wire.conftest import Wire

REGISTRY = """
import json, pathlib, tempfile, wandb
def file(content):
    path = pathlib.Path(tempfile.mkdtemp()) / "f.txt"
    path.write_text(content)
    return str(path)
api = wandb.Api()
org = api.default_entity
made = api.create_registry(name="models", organization=org, visibility="organization", description="all of them")
run = wandb.init(project="reg", id="reg00001")
versions = []
for content in ("one", "two"):
    artifact = wandb.Artifact("net", "model")
    artifact.add_file(file(content), name="f.txt")
    versions.append(run.log_artifact(artifact).wait())
first = run.link_artifact(versions[0], "wandb-registry-models/nets", aliases=["prod"])
second = run.link_artifact(versions[1], f"{org}/wandb-registry-models/nets")
run.finish()
seen = api.artifact("wandb-registry-models/nets:prod")
run = wandb.init(project="reg", id="reg00002")
used = run.use_artifact("wandb-registry-models/nets:prod")
folder = used.download()
run.finish()
found = {
    "made": [made.name, made.description, made.visibility],
    "links": [first.name, second.name, seen.name, seen.version, sorted(seen.aliases), seen.source_name, seen.is_link],
    "got": (pathlib.Path(folder) / "f.txt").read_text(),
    "registries": [r.name for r in api.registries(organization=org)],
    "named": [r.name for r in api.registries(organization=org, filter={"name": "models"})],
    "none": [r.name for r in api.registries(organization=org, filter={"name": "absent"})],
    "collections": [c.name for c in api.registries(organization=org).collections()],
    "versions": sorted(v.name for v in api.registries(organization=org).versions()),
    "loaded": api.registry("models", organization=org).description,
    "users": [r.id for r in api.artifact("reg/net:v0").used_by()],
}
print(json.dumps(found))
"""


def test_a_registry_is_made_filled_found_and_used(wire: Wire) -> None:
    found = wire.answer(REGISTRY)
    assert found["made"] == ["models", "all of them", "organization"]
    assert found["links"][:4] == ["nets:v0", "nets:v1", "nets:prod", "v0"]
    assert found["links"][4:] == [["prod"], "net:v0", True]
    assert found["got"] == "one"
    assert found["registries"] == ["models"]
    assert found["named"] == ["models"]
    assert found["none"] == []
    assert found["collections"] == ["nets"]
    assert found["versions"] == ["nets:v0", "nets:v1"]
    assert found["loaded"] == "all of them"
    assert found["users"] == ["reg00002"]
