//! Settings: empty values, secrets from files, the effective settings in the log, misspelled names.

use std::{fs, path::Path};

use clearhook::catalogue::BuiltIn;

use crate::support::{
    binary::{Installation, Service, example_file},
    receiver::Receiver,
};

/// All settings of `serve`, as its help names them.
fn names(here: &Installation) -> Vec<String> {
    let help = here.answer(&["serve", "--help"]);
    let names = help
        .split("[env:")
        .skip(1)
        .map(|rest| rest.split([']', '=']).next().unwrap().trim().to_owned());
    names.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_variable_means_unset_for_every_setting() {
    let here = Installation::new();
    let names = names(&here);
    assert!(
        names.len() > 30 && names.iter().any(|name| name == "CLEARHOOK_MASTER_KEY_FILE"),
        "{names:?}"
    );
    for empty in ["", "  "] {
        let mut command = here.command(&["serve", "--addr", "127.0.0.1:0"]);
        command.envs(names.iter().filter(|name| *name != "CLEARHOOK_CONFIG").map(|name| (name, empty)));
        command.env("CLEARHOOK_CONFIG", empty);
        let service = Service::start(command);
        service.line("listening on ").await;
        let given = service.line("settings given: ").await;
        assert_eq!(given, "CLEARHOOK_ADDR=127.0.0.1:0 (flag)");
        let defaults = service.line("settings by default: ").await;
        assert!(defaults.contains("CLEARHOOK_RETRY_SCHEDULE=5s,5m,30m,2h,5h,10h,10h"), "{defaults}");
        assert!(!service.printed().contains("not a setting"), "{}", service.printed());
        assert_eq!(service.terminate().await, Some(0));
    }
}

#[test]
fn a_log_filter_that_would_silence_the_log_is_refused() {
    for filter in ["nonsense", "inof", "info,clearhok=debug", "clearhook=loud", "info,"] {
        let here = Installation::new();
        let output = here
            .command(&["serve", "--addr", "127.0.0.1:0"])
            .env("CLEARHOOK_LOG", filter)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{filter}: {said}");
        assert!(
            said.starts_with("clearhook: CLEARHOOK_LOG: ") && said.lines().count() == 1,
            "{said}"
        );
    }
}

/// A flag has precedence over the environment, also where a secret can be given in two ways.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_as_a_flag_wins_over_one_in_the_environment() {
    let here = Installation::new();
    let path = here.folder().join("key");
    fs::write(&path, "not a key").unwrap();
    let mut command = here.command(&[
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--master-key",
        "cGxhbnRlZC1rZXktcGxhbnRlZC1rZXktcGxhbnRlZDE=",
    ]);
    command.env("CLEARHOOK_MASTER_KEY_FILE", &path);
    let service = Service::start(command);
    service.line("listening on ").await;
    assert_eq!(service.terminate().await, Some(0));
    // The same for the secrets of single commands: the file of the environment is not read.
    let event = example_file(here.folder(), BuiltIn::IdentityCreated);
    let output = here
        .command(&[
            "publish",
            "--url",
            "http://127.0.0.1:9",
            "--api-key",
            "chk_x",
            "identity.created",
            "--data",
            &event,
        ])
        .env("CLEARHOOK_API_KEY_FILE", here.folder().join("missing"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("127.0.0.1:9") && !said.contains("CLEARHOOK_API_KEY"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secret_settings_are_read_from_files_and_not_logged() {
    let here = Installation::new();
    let file = |name: &str, text: &str| {
        let path = here.folder().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let key = "cGxhbnRlZC1rZXktcGxhbnRlZC1rZXktcGxhbnRlZDE=";
    let database = format!("sqlite://{}", here.folder().join("planted-place.db").display());
    let mut command = here.command(&["serve", "--addr", "127.0.0.1:0"]);
    command
        .env("CLEARHOOK_LOG", "trace")
        .env("CLEARHOOK_MASTER_KEY_FILE", file("key", &format!("{key}\r\n\n")))
        .env("CLEARHOOK_DATABASE_URL_FILE", file("url", &format!("{database}\n")))
        .env("CLEARHOOK_OIDC_CLIENT_SECRET_FILE", file("oidc", "planted-oidc\n"))
        .env("CLEARHOOK_RETRY_SCHEDULE", "none")
        .env("CLEARHOOK_RETRY_SHEDULE", "1s");
    fs::write(here.folder().join("clearhook.toml"), "timeout = \"7s\"\nretention = \"\"\n").unwrap();
    let service = Service::start(command);
    service.line("listening on ").await;
    let printed = service.printed();
    assert!(!printed.contains(key) && !printed.contains("planted-oidc"), "{printed}");
    for words in [
        "CLEARHOOK_MASTER_KEY=(secret) (environment, from a file)",
        "CLEARHOOK_TIMEOUT=7s (settings file)",
        "CLEARHOOK_RETRY_SCHEDULE=none (environment)",
        "CLEARHOOK_RETENTION=366d",
        "planted-place.db (environment, from a file)",
        "CLEARHOOK_RETRY_SHEDULE is not a setting and is ignored; did you mean CLEARHOOK_RETRY_SCHEDULE?",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert!(here.folder().join("planted-place.db").exists() && !here.data().join("master.key").exists());
    assert_eq!(service.terminate().await, Some(0));
}

#[test]
fn unreadable_secret_file_is_reported() {
    let here = Installation::new();
    fs::write(here.folder().join("empty"), "\n").unwrap();
    fs::write(here.folder().join("bytes"), b"planted\xff").unwrap();
    fs::create_dir(here.folder().join("dir")).unwrap();
    for (flag, name) in [
        ("--master-key-file", "CLEARHOOK_MASTER_KEY_FILE"),
        ("--database-url-file", "CLEARHOOK_DATABASE_URL_FILE"),
        ("--oidc-client-secret-file", "CLEARHOOK_OIDC_CLIENT_SECRET_FILE"),
    ] {
        for (file, words) in [
            ("empty", "is empty"),
            ("bytes", "UTF-8"),
            ("dir", "directory"),
            ("nowhere", "No such file"),
        ] {
            let said = here.refusal(&["migrate", flag, file], 1);
            assert!(
                said.contains(name) && said.contains(file) && said.contains(words) && !said.contains("planted"),
                "{said}"
            );
        }
    }
    let both = here.refusal(&["migrate", "--master-key", "x", "--master-key-file", "empty"], 1);
    assert!(both.contains("CLEARHOOK_MASTER_KEY_FILE is set too"), "{both}");
    fs::write(here.folder().join("clearhook.toml"), "master_key_file = \"nowhere\"\n").unwrap();
    assert!(here.refusal(&["migrate"], 1).contains("nowhere"));
    let publish = &["publish", "identity.created", "--data", "clearhook.toml"];
    assert!(
        here.refusal(&[publish, &["--api-key-file", "empty"][..]].concat(), 1)
            .contains("CLEARHOOK_API_KEY_FILE")
    );
}

/// The commands that talk to a server read their settings in the same way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_commands_read_keys_from_files() {
    let (here, receiver) = (Installation::new(), Receiver::start([]).await);
    let data = example_file(here.folder(), BuiltIn::IdentityCreated);
    let publish = ["publish", "identity.created", "--data", &data];
    let run = |variables: &[(&str, &str)]| {
        let output = here.command(&publish).envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run(&[("CLEARHOOK_URL", ""), ("CLEARHOOK_API_KEY", ""), ("CLEARHOOK_API_KEY_FILE", "")]);
    assert!(said.contains("no API key;") && said.contains("CLEARHOOK_API_KEY_FILE"), "{said}");
    let said = run(&[("CLEARHOOK_URL", "nonsense"), ("CLEARHOOK_API_KEY", "chk_x")]);
    assert!(said.contains("--url") && said.contains("http://127.0.0.1:3000"), "{said}");
    fs::write(here.folder().join("key"), "chk_planted\n").unwrap();
    let said = run(&[
        ("CLEARHOOK_URL", &receiver.url),
        ("CLEARHOOK_API_KEY", " "),
        ("CLEARHOOK_API_KEY_FILE", "key"),
    ]);
    assert!(!said.contains("chk_planted"), "{said}");
    assert_eq!(receiver.seen()[0].headers["authorization"], "Bearer chk_planted");
    let both = run(&[("CLEARHOOK_API_KEY", "chk_x"), ("CLEARHOOK_API_KEY_FILE", "key")]);
    assert!(both.contains("is set too"), "{both}");
    let listen = here
        .command(&["listen", "--addr", "127.0.0.1:0"])
        .env("CLEARHOOK_LISTEN_SECRET_FILE", "key")
        .output()
        .unwrap();
    assert!(String::from_utf8(listen.stderr).unwrap().contains("whsec_"));
}

#[test]
fn new_master_key_is_read_from_a_file() {
    let here = Installation::new();
    here.answer(&["migrate"]);
    let key = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleTE=";
    fs::write(here.folder().join("new"), format!("{key}\n")).unwrap();
    let rotate = |variables: &[(&str, &str)]| {
        here.command(&["master-key", "rotate"])
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    };
    let both = rotate(&[("CLEARHOOK_NEW_MASTER_KEY", key), ("CLEARHOOK_NEW_MASTER_KEY_FILE", "new")]);
    assert!(String::from_utf8(both.stderr).unwrap().contains("is set too"));
    let done = rotate(&[("CLEARHOOK_NEW_MASTER_KEY", ""), ("CLEARHOOK_NEW_MASTER_KEY_FILE", "new")]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(read(&here.data().join("master.key")), key);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim().to_owned()
}
