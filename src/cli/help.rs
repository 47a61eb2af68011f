//! The help of the commands that take all settings of the service: each shows the settings that matter for it, in groups.

use clap::{Arg, Command};

/// Commands that open the database, and need no other setting.
const ON_THE_DATABASE: [&str; 7] = ["migrate", "user", "api-key", "master-key", "backup", "restore", "copy"];
/// The settings that say which database, and how its secrets are read.
const DATABASE: [&str; 6] = [
    "config",
    "data_dir",
    "database_url",
    "database_url_file",
    "master_key",
    "master_key_file",
];

/// The settings that say where the service listens.
const ADDRESS: [&str; 5] = ["config", "addr", "metrics_addr", "tls_cert", "tls_key"];

/// The whole command line, with the settings in groups.
pub(super) fn with_groups(program: Command) -> Command {
    let mut program = program
        .mut_subcommand("serve", |serve| serve.mut_args(in_group))
        .mut_subcommand("doctor", |doctor| doctor.mut_args(in_group))
        .mut_subcommand("health", |health| health.mut_args(for_the_address));
    for name in ON_THE_DATABASE {
        program = program.mut_subcommand(name, |command| command.mut_args(for_the_database));
    }
    program
}

/// The command that the arguments of the process name, such as `clearhook webhook list`.
pub(super) fn command_of_arguments(program: Command) -> String {
    named(
        program,
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()),
    )
}

pub(super) fn named(mut command: Command, arguments: impl Iterator<Item = String>) -> String {
    let mut name = "clearhook".to_owned();
    for argument in arguments {
        let Some(inner) = command.find_subcommand(&argument).cloned() else {
            break;
        };
        name = format!("{name} {argument}");
        command = inner;
    }
    name
}

/// Hides settings that change nothing here. They are accepted, so that a command can be run with the environment and the file of the service.
fn for_the_database(argument: Arg) -> Arg {
    if DATABASE.contains(&argument.get_id().as_str()) {
        argument.help_heading("Database of the server")
    } else {
        let is_setting = argument.is_global_set();
        argument.hide(is_setting)
    }
}

/// Hides settings that do not say where the service listens.
fn for_the_address(argument: Arg) -> Arg {
    let is_other = argument.is_global_set() && !ADDRESS.contains(&argument.get_id().as_str());
    argument.hide(is_other)
}

/// Puts a setting of the service under the heading of its group.
fn in_group(argument: Arg) -> Arg {
    let heading = match argument.get_id().as_str() {
        "addr" | "public_url" | "tls_cert" | "tls_key" | "max_connections" | "drain" | "trusted_proxies" | "metrics_addr" => {
            "Addresses and connections"
        }
        "public_catalogue" | "api_rate" => "API and console",
        "allowed_networks" | "allow_http" | "retry_schedule" | "timeout" | "disable_after" | "concurrency" | "concurrency_per_webhook" => {
            "Callbacks"
        }
        "packs" | "unknown_types" => "Event types",
        "log" | "log_format" => "Logs",
        "data_dir" | "database_url" | "database_url_file" | "master_key" | "master_key_file" | "retention" => "Data",
        id if id.starts_with("oidc") => "Single sign-on",
        _ => return argument,
    };
    argument.help_heading(heading)
}
