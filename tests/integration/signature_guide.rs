//! The code of the guide to signatures verifies the check vector of Standard Webhooks, and refuses what differs from it.

use std::{path::Path, process::Command};

use crate::support::python::python;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FOLDER: &str = "src/console/pages/guide";

fn passes(mut command: Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", command.get_program().display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn code_of_the_guide_verifies_signatures() {
    let file = |name: &str| Path::new(ROOT).join(FOLDER).join(name);
    let mut python = python("guide.py");
    python.arg(file("verify.py"));
    passes(python);
    let mut node = Command::new("node");
    node.arg(Path::new(ROOT).join("tests/conformance/guide.mjs"))
        .arg(file("verify.mjs"));
    passes(node);
    let mut shell = Command::new("sh");
    shell.arg(file("verify.sh"));
    for (name, value) in [
        ("SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("WEBHOOK_ID", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("WEBHOOK_TIMESTAMP", "1614265330"),
        ("BODY", "{\"test\": 2432232314}"),
    ] {
        shell.env(name, value);
    }
    assert_eq!(passes(shell).trim(), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
