//! What is published besides the binary: the unit of systemd, the Helm chart, and the command for health checks of containers. The packages
//! themselves are checked by `scripts/dist-test.sh`.

use std::{fs, path::Path, process::Command};

use crate::support::{
    binary::{Installation, Service},
    python::python,
    wait::wait_for,
};

/// The program succeeds, and its output is shown if it does not.
fn succeeds(mut command: Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; run `make setup`"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

#[test]
fn helm_chart_renders_manifests_that_kubernetes_accepts() {
    assert!(succeeds(python("chart.py")).contains("accept every manifest"));
}

#[test]
fn unit_of_systemd_exposes_little() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("clearhook.service");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/debian/service"), &unit).unwrap();
    let mut analyze = Command::new("systemd-analyze");
    analyze
        .args(["security", "--no-pager", "--offline=true", "--threshold=20"])
        .arg(unit);
    assert!(succeeds(analyze).contains("Overall exposure level"));
}

#[test]
fn settings_of_the_debian_package_are_valid() {
    let here = Installation::new();
    let packaged = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/debian/clearhook.toml")).unwrap();
    // With every example in force, apart from the folder, which is that of the package.
    let settings = packaged
        .lines()
        .filter(|line| !line.starts_with("data_dir") && !line.starts_with("# database_url"))
        .map(|line| match line.strip_prefix("# ") {
            Some(example) if example.contains(" = ") => example,
            _ => line,
        });
    let file = here.folder().join("clearhook.toml");
    fs::write(&file, settings.collect::<Vec<_>>().join("\n")).unwrap();
    here.answer(&["migrate", "--config", file.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_command_says_whether_the_service_works() {
    let here = Installation::new();
    let service = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0", "--drain", "30s"]));
    let url = service.url().await;
    let address = url.strip_prefix("http://").unwrap();
    for flags in [&[][..], &["--ready"]] {
        let arguments = [&["health", "--addr", address], flags].concat();
        assert_eq!(here.answer(&arguments).trim(), "ok");
    }
    // As in a container, where the service listens on all interfaces.
    let port = address.rsplit_once(':').unwrap().1;
    assert_eq!(here.answer(&["health", "--addr", &format!("0.0.0.0:{port}")]).trim(), "ok");
    service.signal("-TERM");
    let refusal = wait_for("a service that is not ready", async || {
        let output = here.run(&["health", "--ready", "--addr", address]);
        (!output.status.success()).then(|| String::from_utf8(output.stderr).unwrap())
    })
    .await;
    assert!(refusal.contains("503") && refusal.contains("The service is stopping."), "{refusal}");
    assert_eq!(here.answer(&["health", "--addr", address]).trim(), "ok", "it still answers");
    service.kill();
    let refusal = here.refusal(&["health", "--addr", address], 1);
    assert!(refusal.contains("not reachable") && refusal.contains(address), "{refusal}");
}
