"""The container job: what Docker, Compose and Kubernetes are told fits them, and fits the program.

No engine is needed here; `deploy/test-image` builds the image and runs it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError
from support.command import Ended
from support.forked_command import run, start
from support.postgres_server import PostgresServer, running_postgres
from support.s3_server import Bucket, Server, new_bucket

from asyncscrape.addresses import forbidden
from asyncscrape.config.loading import load
from asyncscrape.config.models import Fetch
from asyncscrape.errors import Exit
from asyncscrape.jobs.registry import Registry
from asyncscrape.units import duration

ROOT = Path(__file__).parents[2]
SCHEMAS = Path(__file__).with_name("schemas")
DEMO = ROOT / "config/demo.toml"
SHOP = ROOT / "config/shop.toml"
HOW_TO = (ROOT / "docs/how-to.md").read_text(encoding="utf-8")
DRAIN = Fetch().drain_timeout
HARDENED = {
    "read_only": True,
    "tmpfs": ["/tmp"],
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}
AGAIN = {Exit.STORE, Exit.LIMIT, Exit.INTERRUPTED}


# The image


@cache
def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage of the Dockerfile, with their arguments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, text.splitlines()):
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, " ".join(rest.split())))
    return found


def last(instruction: str) -> list[str]:
    """What this instruction says in the stage that becomes the image."""
    return [rest for name, rest in stages()[-1] if name == instruction]


def test_the_image_starts_the_program_itself_without_a_shell_and_without_rights() -> None:
    assert ["asyncscrape"] == json.loads(last("ENTRYPOINT")[-1])
    assert ["65532:65532"] == last("USER")
    assert ["SIGTERM"] == last("STOPSIGNAL")


def test_state_and_output_lie_below_data() -> None:
    assert ["/data"] == last("VOLUME") == last("WORKDIR")
    assert "ASYNCSCRAPE__DATA=/data" in last("ENV")[-1].split()
    assert Path("/data/demo") == load(DEMO, environ={"ASYNCSCRAPE__DATA": "/data"}, jobs=Registry()).directory


def test_what_builds_the_image_stays_in_a_stage_of_its_own() -> None:
    before, build, _ = stages()
    assert [("ARG", "BASE=python:3.11-slim")] == before
    assert [("FROM", "${BASE} AS build")] == build[:1]
    assert ["${BASE}"] == last("FROM")
    assert ["--from=build /opt/asyncscrape /opt/asyncscrape", "config /etc/asyncscrape"] == last("COPY")
    assert not re.search(r"\b(pip|apt|apt-get|apk|gcc|make)\b", " ".join(last("RUN")))


def test_whatever_the_image_is_made_from_is_sent_to_the_builder() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for name, rest in stages()[1] if name == "COPY" for word in rest.split()[:-1]} | {"config"}
    assert copied == sent
    assert set() == {name for name in sent if not (ROOT / name).exists()}


def test_the_image_with_a_browser_adds_one_and_gives_the_rights_up_again() -> None:
    text = (ROOT / "deploy/browser.Dockerfile").read_text(encoding="utf-8")
    said = [line for line in re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).splitlines() if line]
    assert ["ARG IMAGE=asyncscrape", "FROM ${IMAGE}", "USER root"] == said[:3]
    assert "USER 65532:65532" == said[-1]
    assert "chromium" in text
    assert all(place.startswith("/tmp/") for place in re.findall(r"XDG_\w+=(\S+)", text))


def test_kubernetes_tells_what_a_browser_needs() -> None:
    text = (ROOT / "deploy/kubernetes/job.yaml").read_text(encoding="utf-8")
    told = yaml.safe_load_all(re.sub(r"# (?=- \{ name: shm|- name: shm|  emptyDir: \{ medium)", "", text))
    pod = next(one for one in told if one["kind"] == "Job")["spec"]["template"]["spec"]
    assert {"name": "shm", "mountPath": "/dev/shm"} in pod["containers"][0]["volumeMounts"]
    assert {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}} in pod["volumes"]


# Compose


@cache
def compose(**variables: str) -> dict[str, Any]:
    """compose.yaml, with these variables and the defaults of the others."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: variables.get(found[1], found[2]), text)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def fits_compose(described: dict[str, Any]) -> None:
    Draft202012Validator(json.loads((SCHEMAS / "compose.json").read_text())).validate(described)


def test_compose_yaml_is_what_compose_takes() -> None:
    fits_compose(compose())


@pytest.mark.parametrize("path", ["profiles", "deploy.replicas", "stop_grace_period", "read_only"])
def test_a_misspelt_key_of_the_workers_is_found(path: str) -> None:
    described = deepcopy(compose())
    place = described["services"]["worker"]
    *way, key = path.split(".")
    for step in way:
        place = place[step]
    place[f"{key}x"] = place.pop(key)
    with pytest.raises(ValidationError, match=f"{key}x"):
        fits_compose(described)


def test_compose_gives_the_crawler_nothing_to_write_to_but_its_data() -> None:
    for name in ("crawler", "bucket"):
        service = compose()["services"][name]
        assert {**service, **HARDENED} == service
    assert ["data:/data"] == compose()["services"]["crawler"]["volumes"]
    worker = compose()["services"]["worker"]
    assert {**worker, **HARDENED, "tmpfs": ["/tmp", "/data"]} == worker
    assert "volumes" not in worker


def test_compose_leaves_more_time_to_stop_than_the_drain_takes() -> None:
    for name in ("crawler", "worker"):
        assert duration(compose()["services"][name]["stop_grace_period"]) > DRAIN


def test_every_volume_and_service_that_compose_names_is_there() -> None:
    services = compose()["services"]
    volumes = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert set(compose()["volumes"]) == volumes
    for name in ("crawler", "worker"):
        assert {"postgres", "bucket"} == set(services[name]["depends_on"])
        assert services[name]["command"][1] == f"/etc/asyncscrape/{DEMO.name}"


def environment(service: str, bucket: Bucket, postgres: PostgresServer) -> dict[str, str]:
    """What compose.yaml gives a service, with our servers in the place of its own."""
    places = {"@postgres:5432": f"@127.0.0.1:{postgres.port}", "http://s3:8333": bucket.server.endpoint}
    found = {}
    for name, value in compose(S3_BUCKET=bucket.name)["services"][service]["environment"].items():
        for theirs, ours in places.items():
            value = value.replace(theirs, ours)
        found[name] = value
    return {**found, "AWS_ACCESS_KEY_ID": bucket.server.access_key, "AWS_SECRET_ACCESS_KEY": bucket.server.secret_key}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server with the user and the database that compose.yaml makes."""
    wanted = compose()["services"]["postgres"]["environment"]
    with running_postgres() as server:
        server.database().sql(f"CREATE ROLE {wanted['POSTGRES_USER']} LOGIN")
        server.database().sql(f"CREATE DATABASE {wanted['POSTGRES_DB']} OWNER {wanted['POSTGRES_USER']}")
        yield server


@pytest.fixture
def bucket(s3_service: Server) -> Iterator[Bucket]:
    """A bucket that is not there yet; what the test makes of it is removed."""
    with new_bucket(s3_service) as found:
        found.client.delete_bucket(Bucket=found.name)
        yield found


def make_bucket(environ: Mapping[str, str]) -> int:
    service = compose()["services"]["bucket"]
    command = [sys.executable, *service["entrypoint"][1:], *service["command"]]
    return subprocess.run(command, env={**os.environ, **environ}, check=True, timeout=300).returncode


@pytest.fixture
def composed(postgres: PostgresServer, bucket: Bucket) -> Mapping[str, str]:
    """The crawler's setting as compose.yaml has it, with the bucket that the other service makes, even twice."""
    setting = environment("bucket", bucket, postgres)
    assert [0, 0] == [make_bucket(setting), make_bucket(setting)]
    return environment("crawler", bucket, postgres)


def test_compose_runs_the_demo_into_postgres_and_s3(
    composed: Mapping[str, str], postgres: PostgresServer, bucket: Bucket, tmp_path: Path
) -> None:
    arguments = ("--data", tmp_path, "--quiet", "--json", "--set", "crypto.top=3")
    ended = run("run", DEMO, *arguments, environ=composed)
    assert (Exit.FINISHED, "") == (ended.code, ended.err)
    assert 3 == ended.summary["records"]["coins"]
    assert rows_in(postgres, ended) == ended.summary["records"]
    assert {"tables/coins.parquet", "tables/candles.parquet"} == set(bucket.keys())
    assert (tmp_path / "demo/report/market.html").exists()
    assert "only-for-the-demo" not in ended.out + ended.err


def test_compose_takes_files_of_page_rules_into_s3(
    composed: Mapping[str, str], postgres: PostgresServer, bucket: Bucket, tmp_path: Path
) -> None:
    arguments = ("--data", tmp_path, "--quiet", "--json", "--max-pages", "60")
    ended = run("run", SHOP, *arguments, environ=composed)
    assert Exit.LIMIT == ended.code, ended.err
    assert {0} == {store["lag"] for store in ended.summary["stores"].values()}
    assert rows_in(postgres, ended) == ended.summary["records"]
    stored = {path for [path] in postgres.database("crawls").sql("SELECT path FROM blobs")}
    assert stored == set(bucket.contents("files/")) != set()


def test_workers_of_compose_run_the_demo_together(
    composed: Mapping[str, str], postgres: PostgresServer, bucket: Bucket, tmp_path: Path
) -> None:
    service, environ = compose()["services"]["worker"], environment("worker", bucket, postgres)
    name, _, *flags = service["command"]
    assert ["--of", str(service["deploy"]["replicas"])] == flags
    arguments = (name, DEMO, *flags, "--set", "crypto.top=3")
    workers = [start(*arguments, "--data", tmp_path / machine, environ=environ) for machine in "abc"]
    ended = [Ended(worker) for worker in workers]
    assert [0, 0, 0] == [one.code for one in ended], [one.err for one in ended]
    status = run("status", DEMO, "--json", environ=environ)
    assert ("finished", 3) == (status.summary["state"], status.summary["records"]["coins"])
    assert rows_in(postgres, status, "workers") == status.summary["records"]
    made = {key for key in bucket.keys("tables-of-workers/") if "/." not in key}
    assert {"tables-of-workers/coins.parquet", "tables-of-workers/candles.parquet"} == made


def rows_in(postgres: PostgresServer, ended: Ended, schema: str = "public") -> dict[str, int]:
    """How many rows each table of the summary has in the database."""
    database = postgres.database("crawls")
    tables = ended.summary["records"]
    return {table: int(database.value(f'SELECT count(*) FROM "{schema}"."{table}"')) for table in tables}


# Kubernetes


@cache
def manifests() -> dict[str, Any]:
    """What job.yaml describes, by its kind."""
    text = (ROOT / "deploy/kubernetes/job.yaml").read_text(encoding="utf-8")
    return {found["kind"]: found for found in yaml.safe_load_all(text)}


def fits_kubernetes(manifest: dict[str, Any]) -> None:
    known = json.loads((SCHEMAS / "kubernetes.json").read_text())
    Draft7Validator({**known, "$ref": f"#/$defs/{manifest['kind']}"}).validate(manifest)


def rules(job: dict[str, Any]) -> dict[str, set[int]]:
    """The exit codes of each action."""
    found: dict[str, set[int]] = {}
    for rule in job["podFailurePolicy"]["rules"]:
        found.setdefault(rule["action"], set()).update(rule.get("onExitCodes", {}).get("values", ()))
    return found


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap", "PersistentVolumeClaim", "NetworkPolicy", "Job"])
def test_the_manifests_are_what_kubernetes_takes(kind: str) -> None:
    fits_kubernetes(manifests()[kind])


def test_kubernetes_starts_again_what_can_be_resumed_and_nothing_else() -> None:
    job = manifests()["Job"]["spec"]
    found = rules(job)
    assert {Exit.USAGE, Exit.FAULT, Exit.FAILURES} == found["FailJob"]
    assert AGAIN == found["Ignore"] | found["Count"] == {code for code in Exit if code.resumable}
    assert "Never" == job["template"]["spec"]["restartPolicy"]
    assert "Failed" == job["podReplacementPolicy"]


def test_a_disruption_never_fails_the_job() -> None:
    conditions = [
        rule for rule in manifests()["Job"]["spec"]["podFailurePolicy"]["rules"] if "onPodConditions" in rule
    ]
    assert [("Ignore", [{"type": "DisruptionTarget", "status": "True"}])] == [
        (rule["action"], rule["onPodConditions"]) for rule in conditions
    ]


def test_kubernetes_leaves_more_time_to_stop_than_the_drain_takes() -> None:
    assert manifests()["Job"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > DRAIN


def test_the_pod_has_no_rights_and_writes_only_to_its_volumes() -> None:
    pod = manifests()["Job"]["spec"]["template"]["spec"]
    [crawler] = pod["containers"]
    assert {"runAsNonRoot": True, "runAsUser": 65532}.items() <= pod["securityContext"].items()
    assert {"type": "RuntimeDefault"} == pod["securityContext"]["seccompProfile"]
    assert {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    } == crawler["securityContext"]
    assert {"/data", "/tmp"} == {mount["mountPath"] for mount in crawler["volumeMounts"] if not mount.get("readOnly")}
    assert {mount["name"] for mount in crawler["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert {"requests", "limits"} == set(crawler["resources"])


def web() -> dict[str, Any]:
    """The rule for the public web."""
    [rule] = [rule for rule in manifests()["NetworkPolicy"]["spec"]["egress"] if "ipBlock" in rule["to"][0]]
    found: dict[str, Any] = rule
    return found


def lets_out(address: str) -> bool:
    """Whether the policy lets the pod connect to this address."""
    blocks = [(ip_network(peer["ipBlock"]["cidr"]), peer["ipBlock"]["except"]) for peer in web()["to"]]
    found = ip_address(address)
    return any(found in cidr and not any(found in ip_network(one) for one in but) for cidr, but in blocks)


def test_the_policy_is_that_of_the_jobs_pod_and_lets_nobody_in() -> None:
    policy, pod = manifests()["NetworkPolicy"]["spec"], manifests()["Job"]["spec"]["template"]
    assert policy["podSelector"]["matchLabels"] == pod["metadata"]["labels"]
    assert (["Ingress", "Egress"], None) == (policy["policyTypes"], policy.get("ingress"))
    assert all(rule["to"] and rule["ports"] for rule in policy["egress"]), "an empty list would mean everywhere"


EDGES = [
    *("1.1.1.1", "8.8.8.8", "93.184.215.14", "223.255.255.255", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"),
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16", "169.254.169.254"),
    *("169.254.170.2", "172.16.0.1", "172.31.255.255", "172.32.0.1", "192.0.0.192", "192.168.1.1", "198.18.0.1"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2001::1"),
    *("2001:db8::1", "2002:a00:1::", "2a00::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "ff02::1"),
]


@pytest.mark.parametrize("address", EDGES)
def test_the_policy_lets_out_to_where_the_program_may_go_and_nowhere_else(address: str) -> None:
    assert (forbidden(address) is None) == lets_out(address)


def test_the_policy_lets_out_to_the_ports_of_the_web_names_and_stores() -> None:
    ports = {port["port"] for rule in manifests()["NetworkPolicy"]["spec"]["egress"] for port in rule["ports"]}
    assert {80, 443} == {port["port"] for port in web()["ports"]}
    assert {53, 80, 443, 5432, 8333} == ports


def test_the_config_of_the_job_takes_its_secrets_from_the_environment(tmp_path: Path) -> None:
    [crawler] = manifests()["Job"]["spec"]["template"]["spec"]["containers"]
    [(name, text)] = manifests()["ConfigMap"]["data"].items()
    secrets = manifests()["Secret"]["stringData"]
    assert ["run", f"/config/{name}"] == crawler["args"]
    assert set(secrets) == {variable["valueFrom"]["secretKeyRef"]["key"] for variable in crawler["env"]}
    (tmp_path / name).write_text(text)
    config = load(tmp_path / name, environ=secrets, jobs=Registry())
    assert ["parquet", secrets["DATABASE_URL"]] == [spec.word for spec in config.record_stores]
    assert ["", "env:DATABASE_URL"] == [spec.source for spec in config.record_stores]


# The how-to


def shown(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", HOW_TO, re.DOTALL | re.MULTILINE)


def test_the_cron_job_of_the_how_to_is_what_kubernetes_takes() -> None:
    cron, changes = map(yaml.safe_load, shown("yaml"))
    job = json.loads(json.dumps(manifests()["Job"]["spec"]))
    [crawler] = job["template"]["spec"]["containers"]
    crawler["args"] = changes["args"]
    assert "CronJob" == cron["kind"]
    assert {} == cron["spec"]["jobTemplate"]["spec"]
    cron["spec"]["jobTemplate"]["spec"] = job
    fits_kubernetes(cron)


def test_the_batch_service_of_the_how_to_starts_again_what_can_be_resumed() -> None:
    [found] = [found for text in shown("json") if "taskGroups" in (found := json.loads(text))]
    task = found["taskGroups"][0]["taskSpec"]
    [policy] = task["lifecyclePolicies"]
    taken_away = 50001
    assert "RETRY_TASK" == policy["action"]
    assert {*AGAIN, taken_away} == set(policy["actionCondition"]["exitCodes"])
    [disk] = found["allocationPolicy"]["instances"][0]["policy"]["disks"]
    [volume] = task["volumes"]
    assert disk["deviceName"] == volume["deviceName"]
    assert [f"{volume['mountPath']}:/data"] == task["runnables"][1]["container"]["volumes"]


# The script that tests the image


def test_the_script_waits_as_long_as_the_drain_takes() -> None:
    text = (ROOT / "deploy/test-image").read_text(encoding="utf-8")
    assert [f"{DRAIN:g}"] == re.findall(r"^readonly DRAIN=(\d+)", text, re.MULTILINE)


def test_the_script_says_clearly_that_it_skips_when_there_is_nothing_to_build_with(tmp_path: Path) -> None:
    for tool in ("bash", "dirname"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    ended = subprocess.run(
        [str(ROOT / "deploy/test-image")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=300
    )
    assert (0, "") == (ended.returncode, ended.stderr)
    assert ended.stdout.startswith("skipped: buildah is not installed")
