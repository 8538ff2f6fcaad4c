//! Samples that are read when a scraper asks.

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

/// The value of one metric now.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The metric's name; a counter is shown with `_total` behind it.
    pub name: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// Its value.
    pub value: Value,
}

/// A sample's value.
#[derive(Clone, Debug)]
pub enum Value {
    /// It goes up and down.
    Gauge(f64),
    /// It only goes up.
    Counter(u64),
    /// Counters that differ in their label `result`.
    Results(Vec<(&'static str, u64)>),
}

impl Sample {
    /// A value that goes up and down.
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, value: Value::Gauge(value) }
    }

    /// How many of something there are now.
    #[expect(clippy::cast_precision_loss, reason = "a sample to look at")]
    pub fn count(name: &'static str, help: &'static str, value: usize) -> Self {
        Self::gauge(name, help, value as f64)
    }

    /// Whether something holds: 1 or 0.
    pub fn flag(name: &'static str, help: &'static str, value: bool) -> Self {
        Self::gauge(name, help, f64::from(u8::from(value)))
    }

    /// A value that only goes up.
    pub fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, value: Value::Counter(value) }
    }

    /// One counter for each result.
    pub fn results(
        name: &'static str,
        help: &'static str,
        counts: impl Into<Vec<(&'static str, u64)>>,
    ) -> Self {
        Self { name, help, value: Value::Results(counts.into()) }
    }
}

/// Reads samples for the registry.
pub(super) struct SampleCollector(Box<dyn Fn() -> Vec<Sample> + Send + Sync>);

impl SampleCollector {
    pub(super) fn boxed(read: impl Fn() -> Vec<Sample> + Send + Sync + 'static) -> Box<Self> {
        Box::new(Self(Box::new(read)))
    }
}

impl std::fmt::Debug for SampleCollector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SampleCollector")
    }
}

impl Collector for SampleCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        for Sample { name, help, value } in (self.0)() {
            match value {
                Value::Gauge(value) => show(&mut encoder, name, help, &ConstGauge::new(value))?,
                Value::Counter(value) => show(&mut encoder, name, help, &ConstCounter::new(value))?,
                Value::Results(counts) => show_results(&mut encoder, name, help, &counts)?,
            }
        }
        Ok(())
    }
}

fn show(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), std::fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn show_results(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    counts: &[(&'static str, u64)],
) -> Result<(), std::fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (result, count) in counts {
        let labels = [("result", *result)];
        ConstCounter::new(*count).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
