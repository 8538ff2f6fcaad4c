//! `auth-service users export`

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use database::Database;
use service_kit::private_files;

use crate::{
    audit::{self, Event, RequestContext},
    cli::CommandError,
    import::export::{ExportFormat, export},
};

/// Where the users go, and in which form.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ExportArguments {
    /// A new file, for its owner alone: it holds the hashes of all passwords. Without it, standard output.
    file: Option<PathBuf>,
    /// The form.
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    format: ExportFormat,
}

pub(super) async fn run(
    arguments: &ExportArguments,
    database: &Database,
    context: RequestContext,
) -> Result<(), CommandError> {
    // Before the first hash is written.
    let entry = context.done(Event::AdminUsersExported);
    audit::transaction(database, move |transaction| transaction.audit(entry.clone())).await?;
    let Some(path) = &arguments.file else {
        let mut output = BufWriter::new(io::stdout());
        export(database, arguments.format, &mut output).await?;
        return Ok(());
    };
    let file =
        private_files::make_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut output = BufWriter::new(file);
    let count = export(database, arguments.format, &mut output).await?;
    output.flush()?;
    output.get_ref().sync_all()?;
    crate::cli::print(&format!("{count} users exported"))
}
