//! Databases and disks that fail under running services.

pub(crate) mod damaged_files;
mod outages;
mod replica;
mod slow_database;
mod stalled_commits;
