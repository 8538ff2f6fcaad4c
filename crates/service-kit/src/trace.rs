//! Which request is which, from service to service (W3C Trace Context, level 1 and 2), and spans for whoever
//! collects them (OpenTelemetry).

mod batches;
mod context;
mod exporter;
mod settings;
mod spans;

pub(crate) use self::{
    context::state,
    spans::{Served, is_known},
};
pub use self::{
    context::{Parent, TraceContext},
    exporter::{ExportError, Exporter},
    settings::{Endpoint, OtlpSettings, Ratio},
    spans::Called,
};
