//! Databases and disks that fail under running services.

mod damaged_files;
mod frozen_refresh;
mod outages;
mod replica;
mod slow_database;
mod stalled_commits;
