//! Samples that are read at each scrape.

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

/// The value of one metric now, or its values by label.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The metric's name; a counter is shown with `_total` behind it.
    pub name: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// Its value.
    pub value: SampleValue,
}

/// A sample's value.
#[derive(Clone, Debug)]
pub enum SampleValue {
    /// A gauge: it goes up and down.
    Gauge(f64),
    /// A counter: it only goes up.
    Counter(u64),
    /// Gauges that differ in one label, by its value.
    Gauges(&'static str, Vec<(&'static str, f64)>),
    /// Counters that differ in one label, by its value.
    Counters(&'static str, Vec<(&'static str, u64)>),
}

impl Sample {
    /// A value that goes up and down.
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, value: SampleValue::Gauge(value) }
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
        Self { name, help, value: SampleValue::Counter(value) }
    }

    /// One counter for each value of the label `result`.
    pub fn results(
        name: &'static str,
        help: &'static str,
        counts: impl Into<Vec<(&'static str, u64)>>,
    ) -> Self {
        Self { name, help, value: SampleValue::Counters("result", counts.into()) }
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
                SampleValue::Gauge(value) => {
                    show(&mut encoder, name, help, &ConstGauge::new(value))?;
                }
                SampleValue::Counter(value) => {
                    show(&mut encoder, name, help, &ConstCounter::new(value))?;
                }
                SampleValue::Gauges(label, values) => {
                    let gauges =
                        values.into_iter().map(|(name, value)| (name, ConstGauge::new(value)));
                    show_family(&mut encoder, name, help, label, gauges)?;
                }
                SampleValue::Counters(label, values) => {
                    let counters =
                        values.into_iter().map(|(name, value)| (name, ConstCounter::new(value)));
                    show_family(&mut encoder, name, help, label, counters)?;
                }
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

fn show_family<M: EncodeMetric>(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    label: &'static str,
    metrics: impl IntoIterator<Item = (&'static str, M)>,
) -> Result<(), std::fmt::Error> {
    let mut metrics = metrics.into_iter().peekable();
    let Some((_, first)) = metrics.peek() else { return Ok(()) };
    let mut family = encoder.encode_descriptor(name, help, None, first.metric_type())?;
    for (value, metric) in metrics {
        metric.encode(family.encode_family(&[(label, value)])?)?;
    }
    Ok(())
}
