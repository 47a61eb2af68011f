//! The command `clearhook doctor`: checks of an installation. Nothing is changed, and no request is sent to receivers.

mod database;
mod machine;
mod network;
mod report;

use clap::Args;

use self::report::{Finding, Level};
use crate::{
    cli::{environment, error::CliError},
    config::{Config, Settings},
};

pub(super) const HELP: &str = "\
Run it with the settings of the service (the same user, environment, --config and --data-dir), before or while the service runs. Each line is \
ok, a warning, or an error with its remedy. The exit code is 1 if there is an error.

Example:
  clearhook doctor --data-dir /var/lib/clearhook";

#[derive(Args)]
pub(super) struct DoctorArguments {
    /// Print the findings as a JSON array of objects with check, level, message and remedy
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(super) async fn run(arguments: DoctorArguments, program: &clap::Command) -> Result<(), CliError> {
    let mut findings = Vec::new();
    match Config::resolve(arguments.settings) {
        Ok(config) => examine(&config, program, &mut findings).await,
        Err(error) => findings.push(Finding::of_sentence("settings", &error.to_string())),
    }
    report::print(&findings, arguments.json)?;
    if findings.iter().any(|finding| finding.level == Level::Error) {
        return Err(CliError::Exit(1));
    }
    Ok(())
}

async fn examine(config: &Config, program: &clap::Command, findings: &mut Vec<Finding>) {
    let unknown = environment::unknown_settings(program);
    if unknown.is_empty() {
        findings.push(Finding::ok("settings", "all settings are valid"));
    }
    findings.extend(unknown.iter().map(|sentence| match sentence.split_once("; ") {
        Some((what, remedy)) => Finding::warning("settings", what, remedy),
        None => Finding::warning("settings", sentence, "remove the variable"),
    }));
    findings.extend(machine::permissions(config));
    findings.extend(machine::disk(config));
    findings.push(machine::open_files(config));
    let store = database::open(config, findings).await;
    findings.push(database::clock(store.as_ref()).await);
    findings.push(network::tls(config));
    findings.push(network::public_url(config).await);
    findings.extend(network::brokers(config).await);
    findings.extend(network::outbound(config, store.as_ref()).await);
    if let Some(store) = store {
        // Nothing was written, so there is nothing to lose.
        let _ = store.close().await;
    }
}
