"""What programs in Python do with the official client: one line is printed for each part that went well."""
import datetime
import json
import sys

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException

config.load_kube_config()
core, apps, batch = client.CoreV1Api(), client.AppsV1Api(), client.BatchV1Api()


def part(tour):
    tour()
    print(tour.__name__)


def refused(status, call):
    try:
        call()
    except ApiException as error:
        assert error.status == status, error
        return error
    raise AssertionError("was not refused")


def meta(name, **more):
    return client.V1ObjectMeta(name=name, **more)


@part
def crud():
    made = core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=meta("c"), data={"k": "v"}))
    assert made.metadata.uid and isinstance(made.metadata.creation_timestamp, datetime.datetime)
    made.data["l"] = "w"
    assert core.replace_namespaced_config_map("c", "default", made).data == {"k": "v", "l": "w"}
    listed = core.list_namespaced_config_map("default", label_selector="a!=b", field_selector="metadata.name=c")
    assert [one.metadata.name for one in listed.items] == ["c"] and int(listed.metadata.resource_version) > 0
    page = core.list_config_map_for_all_namespaces(limit=1)
    assert page.metadata._continue and page.metadata.remaining_item_count > 0
    rest = core.list_config_map_for_all_namespaces(_continue=page.metadata._continue)
    assert page.metadata.resource_version == rest.metadata.resource_version
    assert core.delete_namespaced_config_map("c", "default").status == "Success"


@part
def errors():
    missing = refused(404, lambda: core.read_namespaced_secret("none", "default"))
    assert missing.reason == "Not Found", missing.reason
    assert '"message":"secrets \\"none\\" not found","reason":"NotFound"' in missing.body, missing.body
    conflict = client.V1ConfigMap(metadata=meta("kube-root-ca.crt"))
    assert '"reason":"AlreadyExists"' in refused(409, lambda: core.create_namespaced_config_map("default", conflict)).body
    stale = core.read_namespaced_config_map("kube-root-ca.crt", "default")
    stale.metadata.resource_version = "1"
    assert "the object has been modified" in refused(
        409, lambda: core.replace_namespaced_config_map("kube-root-ca.crt", "default", stale)
    ).body
    wrong = client.V1ConfigMap(metadata=meta("Not_Valid"))
    assert '"field":"metadata.name"' in refused(422, lambda: core.create_namespaced_config_map("default", wrong)).body


@part
def workloads():
    labels = {"app": "py"}
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="nginx")]),
    )
    spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template)
    apps.create_namespaced_deployment("default", client.V1Deployment(metadata=meta("py"), spec=spec))
    for event in watch.Watch().stream(apps.list_namespaced_deployment, "default", timeout_seconds=30):
        if event["object"].status.ready_replicas == 2:
            break
    else:
        raise AssertionError("never ready")
    pods = core.list_namespaced_pod("default", label_selector="app=py").items
    assert [pod.status.phase for pod in pods] == ["Running"] * 2 and pods[0].status.container_statuses[0].ready
    scale = apps.read_namespaced_deployment_scale("py", "default")
    scale.spec.replicas = 3
    assert apps.replace_namespaced_deployment_scale("py", "default", scale).spec.replicas == 3
    container = client.V1Container(name="c", image="busybox")
    ending = client.V1Pod(
        metadata=meta("ends", annotations={"io.kutter.simulate": '{"exitAfterMs": 10}'}),
        spec=client.V1PodSpec(restart_policy="Never", containers=[container]),
    )
    core.create_namespaced_pod("default", ending)
    chosen = {"field_selector": "metadata.name=ends", "timeout_seconds": 30}
    for event in watch.Watch().stream(core.list_namespaced_pod, "default", **chosen):
        if event["object"].status.phase == "Succeeded":
            break
    else:
        raise AssertionError("never ends")
    assert event["object"].status.container_statuses[0].state.terminated.exit_code == 0
    core.delete_namespaced_pod("ends", "default", grace_period_seconds=0)
    job = client.V1JobSpec(
        suspend=True,
        template=client.V1PodTemplateSpec(spec=client.V1PodSpec(restart_policy="Never", containers=[container])),
    )
    assert batch.create_namespaced_job("default", client.V1Job(metadata=meta("py"), spec=job)).spec.suspend is True
    batch.delete_namespaced_job("py", "default", propagation_policy="Background")
    apps.delete_namespaced_deployment("py", "default", body=client.V1DeleteOptions(propagation_policy="Background"))


@part
def patches():
    core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=meta("p"), data={"a": "1"}))
    assert core.patch_namespaced_config_map("p", "default", {"data": {"b": "2"}}).data == {"a": "1", "b": "2"}
    operations = [{"op": "remove", "path": "/data/a"}]
    assert core.patch_namespaced_config_map("p", "default", operations).data == {"b": "2"}
    refused(422, lambda: core.patch_namespaced_config_map("p", "default", operations))
    dry = core.patch_namespaced_config_map("p", "default", {"data": None}, dry_run="All")
    assert dry.data is None and core.read_namespaced_config_map("p", "default").data == {"b": "2"}


@part
def watches():
    start = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=meta("w")))
    core.delete_namespaced_config_map("w", "default")
    seen, watcher = [], watch.Watch()
    for event in watcher.stream(core.list_namespaced_config_map, "default", resource_version=start, timeout_seconds=20):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 2:
            watcher.stop()
    assert seen == [("ADDED", "w"), ("DELETED", "w")], seen
    ended = list(watch.Watch().stream(core.list_node, timeout_seconds=1))
    assert ended and {event["type"] for event in ended} == {"ADDED"}


@part
def dynamically():
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.py.example.com"},
        "spec": {
            "group": "py.example.com",
            "scope": "Namespaced",
            "names": {"kind": "Gadget", "plural": "gadgets"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {
                        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                    },
                }
            ],
        },
    }
    api = dynamic.DynamicClient(client.ApiClient())
    kinds = api.resources.get(api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition")
    kinds.create(body=definition)
    for event in kinds.watch(timeout=20, field_selector="metadata.name=gadgets.py.example.com"):
        conditions = event["object"].status.conditions or []
        if any(one.type == "Established" and one.status == "True" for one in conditions):
            break
    api.resources.invalidate_cache()
    gadgets = api.resources.get(api_version="py.example.com/v1", kind="Gadget")
    body = {"apiVersion": "py.example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}
    assert gadgets.create(body=body, namespace="default").spec.size == 1
    merge = "application/merge-patch+json"
    patched = gadgets.patch(body={"spec": {"size": 2}}, name="g", namespace="default", content_type=merge)
    assert patched.metadata.generation == 2
    status = gadgets.status.patch(body={"status": {"on": True}}, name="g", namespace="default", content_type=merge)
    assert status.status.on is True and status.metadata.generation == 2
    assert [one.metadata.name for one in gadgets.get(namespace="default").items] == ["g"]
    apply = json.dumps({**body, "spec": {"size": 3}})
    conflict = None
    try:
        gadgets.server_side_apply(body=apply, namespace="default", name="g", field_manager="py")
    except Exception as error:
        conflict = error
    assert conflict is not None and conflict.status == 409, conflict
    forced = gadgets.server_side_apply(
        body=apply, namespace="default", name="g", field_manager="py", force_conflicts=True
    )
    assert forced.spec.size == 3
    assert any(one.manager == "py" and one.operation == "Apply" for one in forced.metadata.managedFields)
    gadgets.delete(name="g", namespace="default")
    kinds.delete(name="gadgets.py.example.com")


@part
def everything():
    """Lists with every method of every API that the server of today still has."""
    lists = 0
    for name in dir(client):
        # Its model of an event refuses those without eventTime, which there are in every cluster.
        if not name.endswith("Api") or name in ("CustomObjectsApi", "EventsV1Api"):
            continue
        api = getattr(client, name)()
        for method in dir(api):
            everywhere = method.endswith("_for_all_namespaces") or "namespaced" not in method
            if not method.startswith("list_") or method.endswith("_http_info") or not everywhere:
                continue
            try:
                getattr(api, method)()
                lists += 1
            except ApiException as error:
                assert error.status == 404, f"{method}: {error}"
    assert lists > 40, lists


sys.exit(0)
