//! Checks of the machine: disk, permissions, open files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Access, AtFlags, CWD, StatVfsMountFlags, accessat, statvfs},
    process::{Resource, getrlimit},
};

use super::report::Finding;
use crate::{config::Config, storage::DatabaseUrl};

const MIB: u64 = 1024 * 1024;
/// Below this much free space there is a warning, in bytes.
const COMFORTABLE: u64 = 1024 * MIB;
/// Below this many free inodes nothing can be created soon.
const INODES: u64 = 100;
/// Files and sockets besides clients' connections and attempts.
const OTHERS: u64 = 100;

/// Free space of the disks of the data directory and of the SQLite file.
pub(super) fn disk(config: &Config) -> Vec<Finding> {
    let mut places = vec![config.data_dir.path().to_owned()];
    if let DatabaseUrl::Sqlite(path) = &config.database
        && let Some(folder) = path.parent()
    {
        places.push(folder.to_owned());
    }
    let mut places: Vec<PathBuf> = places.iter().filter_map(|place| existing(place)).collect();
    places.sort();
    places.dedup();
    places.iter().map(|place| disk_of(place, config.delivery.spare_space)).collect()
}

/// The directory, or the nearest one above it that exists.
fn existing(place: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(place).ok()?;
    whole.ancestors().find(|place| place.is_dir()).map(Path::to_owned)
}

fn disk_of(place: &Path, spare: u64) -> Finding {
    let shown = place.display();
    let disk = match statvfs(place) {
        Ok(disk) => disk,
        Err(error) => {
            return Finding::error(
                "disk",
                format!("the file system of {shown} does not answer: {error}"),
                "check the mount and the disk",
            );
        }
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Finding::error(
            "disk",
            format!("the file system of {shown} is mounted read-only"),
            "mount it for writing, or use another directory (--data-dir)",
        );
    }
    if free < spare {
        return Finding::error(
            "disk",
            format!(
                "{} MiB are free at {shown}; events are refused below {} MiB",
                free / MIB,
                spare / MIB
            ),
            "free disk space, enlarge the disk, or shorten CLEARHOOK_RETENTION",
        );
    }
    if disk.f_files > 0 && disk.f_favail < INODES {
        return Finding::error(
            "disk",
            format!("the file system of {shown} has {} free inodes", disk.f_favail),
            "remove files that are not needed",
        );
    }
    if free < COMFORTABLE {
        return Finding::warning(
            "disk",
            format!("only {} MiB are free at {shown}", free / MIB),
            "free disk space or enlarge the disk before events are refused",
        );
    }
    Finding::ok("disk", format!("{} GiB are free at {shown}", free / MIB / 1024))
}

/// Files that others can read, and directories that cannot be written.
pub(super) fn permissions(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<Finding> = config
        .permission_warnings()
        .iter()
        .map(|warning| match warning.split_once("; fix this with: ") {
            Some((what, command)) => Finding::warning("permissions", what, command),
            None => Finding::warning("permissions", warning, "restrict the permissions to the owner"),
        })
        .collect();
    let place = config.data_dir.path();
    let name = place.display();
    match fs::metadata(place) {
        Ok(found) if !found.is_dir() => findings.push(Finding::error(
            "permissions",
            format!("the data directory {name} is not a directory"),
            "choose a directory with --data-dir",
        )),
        Ok(_) if accessat(CWD, place, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err() => {
            findings.push(Finding::error(
                "permissions",
                format!("this user cannot write in the data directory {name}"),
                "run the command as the user of the service, or give that user the directory with chown",
            ));
        }
        Ok(_) => {}
        Err(_) => {
            let parent = existing(place);
            let can_create = parent.is_some_and(|parent| accessat(CWD, &parent, Access::WRITE_OK, AtFlags::EACCESS).is_ok());
            if !can_create {
                findings.push(Finding::error(
                    "permissions",
                    format!("the data directory {name} does not exist and this user cannot create it"),
                    "create it and give it to the user of the service, or choose another one with --data-dir",
                ));
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("permissions", format!("only this user can access the files in {name}")));
    }
    findings
}

/// The limit of open files of this process, which the service has as well if it is started in the same way.
pub(super) fn open_files(config: &Config) -> Finding {
    let wanted = config.listen.limits.connections as u64 + 2 * config.delivery.concurrency as u64 + OTHERS;
    match getrlimit(Resource::Nofile).current {
        Some(files) if files < wanted => Finding::warning(
            "file limit",
            format!(
                "a process may open {files} files, and {} connections with {} attempts need {wanted}",
                config.listen.limits.connections, config.delivery.concurrency
            ),
            format!("start clearhook with a limit of {wanted} or more: `ulimit -n {wanted}`, or LimitNOFILE={wanted} in its systemd unit"),
        ),
        Some(files) => Finding::ok("file limit", format!("a process may open {files} files")),
        None => Finding::ok("file limit", "a process may open any number of files"),
    }
}
