//! What operators use: commands, settings, logs, metrics, traces, files.

mod command_line;
mod deployment;
mod logs;
mod metrics;
mod monitoring;
mod otlp;
mod private_files;
mod readme;
mod settings;
mod settings_page;
mod traces;
mod user_commands;
