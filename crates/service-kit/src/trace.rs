//! Traces across services (W3C Trace Context, level 1 and 2), and spans for an OpenTelemetry collector.

mod batches;
mod context;
mod exporter;
mod settings;
mod spans;

pub use self::{
    context::new_span,
    exporter::{ExportError, Exporter},
    settings::{Endpoint, OtlpSettings, Ratio},
    spans::Called,
};
pub(crate) use self::{
    context::{parent_of, state},
    spans::{Served, is_known},
};
