"""Several workers in containers: what Compose and Kubernetes are told fits them, and fits the program."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, ValidationError

from asyncscrape.cli import program
from asyncscrape.commands.many_workers import require
from asyncscrape.config.loading import load
from asyncscrape.config.models import Config, Fetch
from asyncscrape.errors import Exit
from asyncscrape.jobs.registry import Registry

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
SCHEMA = json.loads(Path(__file__).with_name("schemas").joinpath("kubernetes.json").read_text())


@cache
def manifests(name: str) -> dict[str, Any]:
    """What a file describes, by its kind."""
    text = (KUBERNETES / name).read_text(encoding="utf-8")
    return {found["kind"]: found for found in yaml.safe_load_all(text)}


def fits(described: dict[str, Any]) -> None:
    Draft7Validator({**SCHEMA, "$ref": f"#/$defs/{described['kind']}"}).validate(described)


def pod() -> dict[str, Any]:
    found: dict[str, Any] = manifests("workers.yaml")["Job"]["spec"]["template"]
    return found


@pytest.mark.parametrize(
    ("file", "kinds"),
    [("workers.yaml", {"Secret", "ConfigMap", "Job"}), ("postgres.yaml", {"Secret", "Service", "StatefulSet"})],
)
def test_the_manifests_are_what_kubernetes_takes(file: str, kinds: set[str]) -> None:
    assert kinds == manifests(file).keys()
    for described in manifests(file).values():
        fits(described)


@pytest.mark.parametrize(
    ("file", "kind", "path"),
    [
        ("workers.yaml", "Job", "spec.backoffLimitPerIndex"),
        ("workers.yaml", "Job", "spec.successPolicy.rules.0.succeededCount"),
        ("workers.yaml", "Job", "spec.template.spec.terminationGracePeriodSeconds"),
        ("workers.yaml", "Secret", "stringData"),
        ("postgres.yaml", "Service", "spec.clusterIP"),
        ("postgres.yaml", "Service", "spec.ports.0.port"),
        ("postgres.yaml", "StatefulSet", "spec.serviceName"),
        ("postgres.yaml", "StatefulSet", "spec.selector"),
        ("postgres.yaml", "StatefulSet", "spec.template.spec.containers.0.readinessProbe.exec"),
        ("postgres.yaml", "StatefulSet", "spec.template.spec.volumes.0.emptyDir.sizeLimit"),
        ("postgres.yaml", "StatefulSet", "spec.volumeClaimTemplates.0.spec.accessModes"),
    ],
)
def test_a_misspelt_key_is_found(file: str, kind: str, path: str) -> None:
    described = deepcopy(manifests(file)[kind])
    place: Any = described
    *way, key = path.split(".")
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[f"{key}s"] = place.pop(key)
    with pytest.raises(ValidationError, match=f"{key}s"):
        fits(described)


def test_each_pod_is_a_worker_of_as_many_as_there_are() -> None:
    job = manifests("workers.yaml")["Job"]["spec"]
    [worker] = pod()["spec"]["containers"]
    assert ("Indexed", job["parallelism"]) == (job["completionMode"], job["completions"])
    command, *words = worker["args"]
    names = {variable["name"] for variable in worker["env"]}
    given = [word.removeprefix("$(").removesuffix(")") for word in words]
    assert {"JOB_COMPLETION_INDEX"} == names & set(given), "what the arguments name is in the environment"
    parsed = program.commands[command].make_context(command, words, obj=Registry()).params
    assert (job["parallelism"], "$(JOB_COMPLETION_INDEX)") == (parsed["of"], parsed["name"])


def config(tmp_path: Path) -> Config:
    """The config of the pods, with their secrets."""
    [(name, text)] = manifests("workers.yaml")["ConfigMap"]["data"].items()
    assert f"/config/{name}" in pod()["spec"]["containers"][0]["args"]
    (tmp_path / name).write_text(text)
    return load(tmp_path / name, environ=manifests("workers.yaml")["Secret"]["stringData"], jobs=Registry())


def test_several_workers_may_run_the_job_of_the_pods(tmp_path: Path) -> None:
    require(config(tmp_path), Registry())
    asked = {
        variable["valueFrom"]["secretKeyRef"]["key"]
        for variable in pod()["spec"]["containers"][0]["env"]
        if "secretKeyRef" in variable["valueFrom"]
    }
    assert set(manifests("workers.yaml")["Secret"]["stringData"]) == asked


def test_a_pod_takes_the_place_of_one_that_can_go_on_and_of_no_other() -> None:
    found: dict[str, set[int]] = {}
    for rule in manifests("workers.yaml")["Job"]["spec"]["podFailurePolicy"]["rules"]:
        found.setdefault(rule["action"], set()).update(rule.get("onExitCodes", {}).get("values", ()))
    assert {Exit.USAGE, Exit.FAULT} == found["FailJob"]
    assert {code for code in Exit if code.resumable} == found["Ignore"] | found["Count"]
    job = manifests("workers.yaml")["Job"]["spec"]
    assert "backoffLimit" not in job, "one worker that fails for good must not end the others"
    assert [{"succeededCount": 1}] == job["successPolicy"]["rules"], "a pod on a lost node must not keep the job open"
    assert pod()["spec"]["terminationGracePeriodSeconds"] > Fetch().drain_timeout


def test_pods_have_no_rights_and_the_label_of_the_network_policy() -> None:
    [worker] = pod()["spec"]["containers"]
    alone = manifests("job.yaml")["Job"]["spec"]["template"]
    assert alone["spec"]["containers"][0]["securityContext"] == worker["securityContext"]
    assert {"runAsNonRoot": True, "runAsUser": 65532}.items() <= pod()["spec"]["securityContext"].items()
    policy = manifests("job.yaml")["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
    assert policy == pod()["metadata"]["labels"]
    [spread] = pod()["spec"]["topologySpreadConstraints"]
    assert policy == spread["labelSelector"]["matchLabels"]
    assert {mount["name"] for mount in worker["volumeMounts"]} == {one["name"] for one in pod()["spec"]["volumes"]}


def test_the_postgres_to_try_is_where_the_workers_look_for_it(tmp_path: Path) -> None:
    found = manifests("postgres.yaml")
    service, database = found["Service"], found["StatefulSet"]["spec"]
    template = database["template"]
    claims = {claim["metadata"]["name"] for claim in database["volumeClaimTemplates"]}
    [server] = template["spec"]["containers"]
    mounted = {mount["name"] for mount in server["volumeMounts"]}
    assert claims | {volume["name"] for volume in template["spec"]["volumes"]} == mounted
    assert (service["metadata"]["name"], 1) == (database["serviceName"], database["replicas"])
    label = template["metadata"]["labels"]
    assert "None" == service["spec"]["clusterIP"]
    assert label == service["spec"]["selector"] == database["selector"]["matchLabels"]
    [port] = service["spec"]["ports"]
    user, password, name = (found["Secret"]["stringData"][f"POSTGRES_{key}"] for key in ("USER", "PASSWORD", "DB"))
    secrets = manifests("workers.yaml")["Secret"]["stringData"]
    place = f"postgres://{user}:{password}@{service['metadata']['name']}:{port['port']}/{name}"
    assert place == secrets["FRONTIER_URL"] == secrets["DATABASE_URL"].partition("?")[0]
    ways = manifests("job.yaml")["NetworkPolicy"]["spec"]["egress"]
    assert label in [
        peer["podSelector"]["matchLabels"] for way in ways for peer in way["to"] if "podSelector" in peer
    ]
