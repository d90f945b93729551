"""What the shipped Kubernetes profile asks of a cluster, as its plugin writes it in a pod.

The plugin is no part of the locked environment; with it installed, version 0.5.1 or later, the pods
are rendered by it, with a stub in place of the cluster.
"""

import logging
import re
import shlex
from types import SimpleNamespace

import pytest
import yaml

from scalinglaws.config import REPOSITORY
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.jobs import gpus_of, memory_mb

PROFILE = yaml.safe_load((REPOSITORY / "workflow/profiles/kubernetes/profile.yaml").read_text())


def resources(gpu, attempt=1):
    """Of a block's job: the rule's own, and the profile's defaults; None is left out."""
    block = Block("bahri2021", "x", "all", "m", {}, 1, 1.0, memory_mb=1000, threads=2, gpu=gpu)
    own = {"gpu": gpus_of(block), "mem_mb": memory_mb(block, attempt), "_cores": block.threads}
    defaults = {
        name: value.strip("'") if isinstance(value, str) else value
        for name, value in PROFILE["default-resources"].items()
    }
    return {name: value for name, value in (defaults | own).items() if value is not None}


def test_the_profile_sets_limits_names_the_maker_of_gpus_and_passes_the_place_of_states():
    assert PROFILE["default-resources"]["scale"] == 0  # else the plugin sets requests, no limits
    assert PROFILE["default-resources"]["gpu_manufacturer"] == "'nvidia'"
    assert "SCALINGLAWS_STATE" in PROFILE["envvars"]
    (volume,) = PROFILE["kubernetes-persistent-volumes"]
    assert re.fullmatch(r"[a-z-]+:/\w+", volume)


@pytest.fixture
def rendered():
    """Gives the pod that the plugin would have a cluster run for a job."""
    plugin = pytest.importorskip("snakemake_executor_plugin_kubernetes")
    bodies = []
    executor = plugin.Executor.__new__(plugin.Executor)
    for name, value in {
        "workflow": SimpleNamespace(
            deployment_settings=SimpleNamespace(deployment_method=set()),
            executor_settings=plugin.ExecutorSettings(),
        ),
        "logger": logging.getLogger("pods"),
        "run_namespace": "run",
        "namespace": "default",
        "container_image": "image",
        "k8s_cpu_scalar": 0.95,
        "k8s_service_account_name": None,
        "privileged": False,
        "persistent_volumes": plugin.parse_persistent_volumes(
            PROFILE["kubernetes-persistent-volumes"]
        ),
        "secret_envvars": {name.lower(): name for name in PROFILE["envvars"]},
        "batchapi": SimpleNamespace(
            create_namespaced_job=lambda namespace, body: bodies.append(body)
        ),
        "_kubernetes_retry": lambda call: call(),
        "format_job_exec": lambda job: shlex.join(["python", "-m", "snakemake"]),
        "report_job_submission": lambda info: None,
    }.items():
        setattr(executor, name, value)

    def render(gpu, attempt=1):
        asked = resources(gpu, attempt)
        executor.run_job(
            SimpleNamespace(resources=asked, jobid=1, attempt=attempt, is_containerized=False)
        )
        return bodies[-1].spec.template.spec

    return render


def test_a_pod_without_gpu_has_limits_and_speaks_of_no_gpu(rendered):
    pod = rendered(gpu=False)
    asked = pod.containers[0].resources
    assert asked.limits == {"cpu": "2000m", "memory": "1000M"}
    assert asked.requests == {"cpu": "1900m", "memory": "1000M"}
    assert pod.tolerations is None


def test_a_pod_with_a_gpu_has_it_as_request_and_limit(rendered):
    pod = rendered(gpu=True, attempt=2)
    asked = pod.containers[0].resources
    assert asked.requests["nvidia.com/gpu"] == asked.limits["nvidia.com/gpu"] == "1"
    assert asked.limits["memory"] == "1500M"
    assert pod.tolerations[0].key == "nvidia.com/gpu"


def test_the_state_lies_on_a_volume_that_outlives_the_pod(rendered):
    pod = rendered(gpu=False)
    container = pod.containers[0]
    name, path = PROFILE["kubernetes-persistent-volumes"][0].split(":")
    claims = {volume.name: volume.persistent_volume_claim for volume in pod.volumes}
    assert claims[name].claim_name == name
    assert {mount.name: mount.mount_path for mount in container.volume_mounts}[name] == path
    assert "SCALINGLAWS_STATE" in {variable.name for variable in container.env}
