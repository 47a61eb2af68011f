"""Renders the Helm chart with several sets of values, and validates each manifest against the schemas of Kubernetes."""

import pathlib
import sys

import helm_python as helm
import kubernetes_validate
import yaml

CHART = pathlib.Path(__file__).parents[2] / "deploy/helm/clearhook"
KUBERNETES = ["1.27", "1.33"]
REQUIRED = {
    "publicUrl": "https://hooks.example.com",
    "database": {"url": "postgres://clearhook:pass%2Fword@postgres:5432/clearhook?sslmode=require"},
    "masterKey": {"value": "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlISE="},
}


def rendered(values):
    """The documents by kind."""
    with helm.Chart.load(str(CHART)) as chart:
        files = chart.render(values, name="hooks", namespace="prod")
    documents = {}
    for name, text in files.items():
        if name.endswith("NOTES.txt"):
            assert "hooks-clearhook" in text, text
            continue
        for document in yaml.safe_load_all(text):
            if document:
                documents[document["kind"]] = document
                for version in KUBERNETES:
                    kubernetes_validate.validate(document, version, strict=True)
    return documents


def refused(values, word):
    try:
        rendered(values)
    except helm.HelmError as error:
        assert word in str(error), error
    else:
        raise AssertionError(f"the chart accepts values without {word}")


def main():
    findings = helm.lint(str(CHART), values=REQUIRED) if "values" in helm.lint.__code__.co_varnames else helm.lint(str(CHART))
    print("lint:", findings)

    plain = rendered(REQUIRED)
    assert set(plain) == {"Secret", "Deployment", "Service", "PodDisruptionBudget"}, set(plain)
    pod = plain["Deployment"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["terminationGracePeriodSeconds"] >= 35
    assert container["securityContext"]["readOnlyRootFilesystem"] and pod["securityContext"]["runAsNonRoot"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz" and container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    environment = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert environment["CLEARHOOK_PUBLIC_URL"] == "https://hooks.example.com"
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    for name, key in (("CLEARHOOK_DATABASE_URL_FILE", "database-url"), ("CLEARHOOK_MASTER_KEY_FILE", "master-key")):
        path = environment[name]
        assert any(path == f"{mount}/{key}" for mount in mounts), path
        assert key in plain["Secret"]["stringData"]
    selector = plain["Deployment"]["spec"]["selector"]["matchLabels"]
    labels = plain["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items()
    assert plain["Service"]["spec"]["selector"] == selector == plain["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    assert "pass%2Fword" not in str(plain["Deployment"]), "the password is in the Secret only"

    existing = rendered(
        {
            "publicUrl": "https://hooks.example.com",
            "database": {"existingSecret": "postgres", "existingSecretKey": "url"},
            "masterKey": {"existingSecret": "keys", "existingSecretKey": "master"},
            "podDisruptionBudget": {"enabled": False},
            "settings": {"CLEARHOOK_RETENTION": "90d", "CLEARHOOK_CONCURRENCY": 512},
            "extraEnv": [{"name": "CLEARHOOK_OIDC_CLIENT_SECRET", "valueFrom": {"secretKeyRef": {"name": "oidc", "key": "secret"}}}],
            "ingress": {"enabled": True, "host": "hooks.example.com", "tlsSecret": "tls", "className": "nginx", "annotations": {"a": "b"}},
            "serviceAccount": {"name": "hooks"},
            "imagePullSecrets": [{"name": "registry"}],
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            "nodeSelector": {"disk": "ssd"},
        }
    )
    assert set(existing) == {"Deployment", "Service", "Ingress"}, set(existing)
    environment = {entry["name"]: entry.get("value") for entry in existing["Deployment"]["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert environment["CLEARHOOK_CONCURRENCY"] == "512" and environment["CLEARHOOK_DATABASE_URL_FILE"].endswith("/url")

    for missing, word in (("publicUrl", "publicUrl"), ("database", "database.url"), ("masterKey", "masterKey")):
        refused({name: value for name, value in REQUIRED.items() if name != missing}, word)
    refused(REQUIRED | {"database": {"url": "sqlite:///data/clearhook.db"}}, "postgres")
    print("the chart renders, and Kubernetes' schemas accept every manifest")


if __name__ == "__main__":
    sys.exit(main())
