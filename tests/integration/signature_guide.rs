//! The code of the guide to signatures verifies the check vector of Standard Webhooks, and refuses what differs from it, in each language.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::python::python;

/// The Rust code of the guide, compiled as it is shown.
#[expect(unreachable_pub, reason = "in the guide it is the function of a library")]
#[path = "../../src/console/pages/guide/verify.rs"]
mod verify;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const NOW: i64 = 1_614_265_330;
const SIGNATURE: &str = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const BODY: &str = "{\"test\": 2432232314}";

fn passes(mut command: Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", command.get_program().display()));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A file of the guide.
fn code(name: &str) -> PathBuf {
    Path::new(ROOT).join("src/console/pages/guide").join(name)
}

/// A program that runs a file of the guide.
fn check(name: &str) -> PathBuf {
    Path::new(ROOT).join("tests/conformance/guide").join(name)
}

#[test]
fn python_code_of_the_guide_verifies_signatures() {
    let mut python = python("guide.py");
    python.arg(code("verify.py"));
    passes(python);
}

#[test]
fn javascript_code_of_the_guide_verifies_signatures() {
    let mut node = Command::new("node");
    node.arg(Path::new(ROOT).join("tests/conformance/guide.mjs"))
        .arg(code("verify.mjs"));
    passes(node);
}

#[test]
fn shell_code_of_the_guide_computes_signatures() {
    let mut shell = Command::new("sh");
    shell.arg(code("verify.sh"));
    let timestamp = NOW.to_string();
    let values = [
        ("SECRET", SECRET),
        ("WEBHOOK_ID", ID),
        ("WEBHOOK_TIMESTAMP", timestamp.as_str()),
        ("BODY", BODY),
    ];
    shell.envs(values);
    assert_eq!(passes(shell).trim(), SIGNATURE);
}

#[test]
fn rust_code_of_the_guide_verifies_signatures() {
    let (timestamp, signature) = (NOW.to_string(), format!("v1,{SIGNATURE}"));
    let verify = |id: &str, timestamp: &str, signatures: &str, body: &str, now| {
        verify::verify(SECRET, id, timestamp, signatures, body.as_bytes(), now).is_ok()
    };
    assert!(verify(ID, &timestamp, &format!("v1,AAAA {signature}"), BODY, NOW + 299));
    for (id, timestamp, signatures, body, now) in [
        (ID, timestamp.as_str(), "v1,AAAA", BODY, NOW),
        (ID, timestamp.as_str(), "v1a,x", BODY, NOW),
        ("msg_x", timestamp.as_str(), signature.as_str(), BODY, NOW),
        (ID, timestamp.as_str(), signature.as_str(), "{\"test\": 2432232314} ", NOW),
        (ID, timestamp.as_str(), signature.as_str(), BODY, NOW + 301),
        (ID, timestamp.as_str(), signature.as_str(), BODY, NOW - 301),
        (ID, "now", signature.as_str(), BODY, NOW),
    ] {
        assert!(
            !verify(id, timestamp, signatures, body, now),
            "{id} {timestamp} {signatures} {body} {now}"
        );
    }
}

#[test]
fn java_code_of_the_guide_verifies_signatures() {
    let classes = tempfile::tempdir().unwrap();
    let mut javac = Command::new("javac");
    javac.arg("-d").arg(classes.path()).args([code("Verify.java"), check("Check.java")]);
    passes(javac);
    let mut java = Command::new("java");
    java.arg("-cp").arg(classes.path()).arg("Check");
    passes(java);
}

#[test]
fn php_code_of_the_guide_verifies_signatures() {
    let mut php = Command::new("php");
    php.arg(check("check.php")).arg(code("verify.php"));
    passes(php);
}

#[test]
fn csharp_code_of_the_guide_verifies_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("check.exe");
    let mut compiler = Command::new("mcs");
    compiler.arg(format!("-out:{}", program.display()));
    compiler.args([code("Verify.cs"), check("Check.cs")]);
    passes(compiler);
    let mut mono = Command::new("mono");
    mono.arg(&program);
    passes(mono);
}

/// Go takes half a gigabyte, so only `make soak` requires it. Elsewhere the test runs if Go is there.
#[test]
fn go_code_of_the_guide_verifies_signatures() {
    let is_required = std::env::var_os("CLEARHOOK_TEST_GO").is_some();
    if !is_required && Command::new("go").arg("version").output().is_err() {
        println!("Go is not installed, so its code is not run here; `scripts/soak.sh` runs it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(code("verify.go"), folder.path().join("verify.go")).unwrap();
    std::fs::copy(check("check_test.go"), folder.path().join("check_test.go")).unwrap();
    std::fs::write(folder.path().join("go.mod"), "module webhook\n\ngo 1.19\n").unwrap();
    let mut go = Command::new("go");
    go.args(["test", "./..."])
        .current_dir(folder.path())
        .env("GOCACHE", folder.path().join("cache"))
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local");
    passes(go);
}
