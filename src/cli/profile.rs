//! The command `clearhook profile`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    cli::{
        client::{Profile, Profiles, SERVER, parse_url},
        error::CliError,
        input::read_secret,
        output::{print_line, print_list, text},
    },
    config::secret_file,
};

/// As many characters of a key are shown, as in the list of keys.
const PREFIX: usize = 12;

#[derive(Args)]
pub(super) struct ProfileArguments {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Subcommand)]
enum ProfileCommand {
    /// Store the URL of a server and an API key, which is read from standard input. The first profile becomes the default one
    #[command(
        after_help = "The file is $XDG_CONFIG_HOME/clearhook/profiles.toml (~/.config without XDG_CONFIG_HOME), readable by you only.\n\nExample:\n  clearhook profile add production --server https://hooks.example.com < key.txt"
    )]
    Add {
        /// The name of the profile
        name: String,
        /// The URL of the server
        #[arg(long = "server", visible_alias = "url", value_name = "URL", default_value = SERVER)]
        url: String,
        /// Read the key from a file instead
        #[arg(long, value_name = "PATH", conflicts_with = "no_key")]
        key_file: Option<String>,
        /// Store no key: commands take it from `CLEARHOOK_API_KEY`
        #[arg(long)]
        no_key: bool,
        /// Replace a profile with the same name
        #[arg(long)]
        replace: bool,
    },
    /// List all profiles. The default one is marked
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a profile the default one, which commands use without --profile
    Use {
        /// The name of the profile
        name: String,
    },
    /// Show a profile, with the beginning of its key
    Show {
        /// The name of the profile [default: the default one]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a profile and its key
    Remove {
        /// The name of the profile
        name: String,
    },
}

pub(super) fn run(arguments: ProfileArguments) -> Result<(), CliError> {
    let mut profiles = Profiles::load()?;
    match arguments.command {
        ProfileCommand::Add {
            name,
            url,
            key_file,
            no_key,
            replace,
        } => {
            check_name(&name)?;
            let url = parse_url("--server", &url)?;
            if profiles.profiles.contains_key(&name) && !replace {
                return Err(CliError::Other(format!(
                    "there is a profile {name} already; replace it with --replace, or choose another name"
                )));
            }
            let key = match key_file {
                Some(path) => Some(secret_file::read("--key-file", &path)?),
                None if no_key => None,
                None => Some(read_secret("the API key")?.to_string()),
            };
            if key.as_ref().is_some_and(|key| !key.starts_with("chk_")) {
                return Err(CliError::Other(
                    "this is not an API key: a key begins with `chk_`; create one with `clearhook api-key create` on the server".to_owned(),
                ));
            }
            let profile = Profile {
                url: url.as_str().trim_end_matches('/').to_owned(),
                key,
            };
            profiles.profiles.insert(name.clone(), profile);
            let chosen = profiles.current.get_or_insert_with(|| name.clone()) == &name;
            profiles.save()?;
            let chosen = if chosen { ", and is used when no profile is named" } else { "" };
            print_line(format_args!("The profile {name} is stored{chosen}."))
        }
        ProfileCommand::List { json } => {
            let all: Vec<_> = profiles.profiles.keys().map(|name| shown(&profiles, name)).collect();
            print_list(json, &all, |profile| {
                let mark = if text(profile, "current") == "true" { "*" } else { " " };
                format!("{mark} {}\t{}", text(profile, "name"), text(profile, "url"))
            })
        }
        ProfileCommand::Use { name } => {
            profiles.get(&name)?;
            profiles.current = Some(name.clone());
            profiles.save()?;
            print_line(format_args!("The profile {name} is used when none is named."))
        }
        ProfileCommand::Show { name, json } => {
            let name = name.or_else(|| profiles.current.clone());
            let name = name.ok_or_else(|| CliError::Other("no profile is chosen; `clearhook profile add` stores one".to_owned()))?;
            profiles.get(&name)?;
            let profile = shown(&profiles, &name);
            if json {
                return print_line(format_args!("{profile:#}"));
            }
            for field in ["name", "url", "key", "current"] {
                print_line(format_args!("{field:<9}{}", text(&profile, field)))?;
            }
            Ok(())
        }
        ProfileCommand::Remove { name } => {
            profiles.get(&name)?;
            profiles.profiles.remove(&name);
            if profiles.current.as_deref() == Some(&name) {
                profiles.current = None;
            }
            profiles.save()?;
            print_line(format_args!(
                "The profile {name} is removed. Its key is still valid; revoke it if nobody uses it."
            ))
        }
    }
}

/// A name has to be easy to write on a command line.
fn check_name(name: &str) -> Result<(), CliError> {
    let is_good = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_good) {
        return Err(CliError::Usage(
            "the name of a profile has 1 to 64 letters, digits and the characters - _ . only".to_owned(),
        ));
    }
    Ok(())
}

/// A profile with the beginning of its key.
fn shown(profiles: &Profiles, name: &str) -> serde_json::Value {
    let profile = profiles.profiles.get(name);
    let key = profile.and_then(|profile| profile.key.as_deref());
    let key = key.map_or_else(
        || "none".to_owned(),
        |key| format!("{}…", key.chars().take(PREFIX).collect::<String>()),
    );
    json!({
        "name": name,
        "url": profile.map(|profile| profile.url.as_str()),
        "key": key,
        "current": profiles.current.as_deref() == Some(name),
    })
}
