//! Traces across services (W3C Trace Context, level 1 and 2), and spans for an OpenTelemetry collector.

mod batches;
mod context;
mod exporter;
mod settings;
mod spans;

pub use self::{
    context::new_span,
    exporter::{ExportError, Exporter},
    settings::{CollectorUrl, OtlpSettings, SampleRatio},
    spans::ClientSpan,
};
pub(crate) use self::{
    context::{parent_of, tracestate},
    spans::{ServerSpan, is_standard_method},
};
