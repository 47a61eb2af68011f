//! The commands `clearhook completions` and `clearhook man`.

use std::{fs, path::PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use crate::cli::{
    error::CliError,
    output::{print_line, print_text},
};

#[derive(Args)]
pub(super) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManArguments {
    /// The folder for the pages. It is created if it does not exist
    folder: PathBuf,
}

/// Prints the completions of all commands for a shell.
pub(super) fn completions(arguments: &CompletionsArguments, mut program: Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "clearhook", &mut script);
    print_text(&String::from_utf8_lossy(&script))
}

/// Writes a page for each command.
pub(super) fn man(arguments: &ManArguments, mut program: Command) -> Result<(), CliError> {
    let folder = &arguments.folder;
    let cannot = |error: std::io::Error| {
        CliError::Other(format!(
            "cannot write pages to {}: {error}; choose another folder",
            folder.display()
        ))
    };
    fs::create_dir_all(folder).map_err(cannot)?;
    program.build();
    let count = pages(&program, "", folder).map_err(cannot)?;
    print_line(format_args!(
        "{count} pages are in {}; read one with: man {}/clearhook.1",
        folder.display(),
        folder.display()
    ))
}

/// Writes the page of a command, and those of its commands. Returns their number.
fn pages(command: &Command, before: &str, folder: &std::path::Path) -> std::io::Result<usize> {
    let name = format!("{before}{}", command.get_name());
    let page = clap_mangen::Man::new(command.clone()).title(name.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    fs::write(folder.join(format!("{name}.1")), text)?;
    let mut count = 1;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        count += pages(inner, &format!("{name}-"), folder)?;
    }
    Ok(count)
}
