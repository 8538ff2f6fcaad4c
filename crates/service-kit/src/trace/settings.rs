//! The settings of the export of spans: the collector, and the share of traces that is recorded.

use std::fmt;

use url::Url;

use crate::settings::{FromSetting, HttpUrl, OrOff, Settings, SettingsError};

/// The path of OTLP/HTTP behind a collector's address.
const PATH: &str = "/v1/traces";

/// How spans are exported. Off by default.
#[derive(Clone, Debug)]
pub struct OtlpSettings {
    /// `…_OTLP_ENDPOINT`: a collector's address, such as `http://collector:4318`; `off` for none.
    pub endpoint: Option<CollectorUrl>,
    /// `…_OTLP_SAMPLE_RATIO`, default 1: the share of new traces that is recorded. A trace
    /// that a caller began is recorded if the caller records it.
    pub sample_ratio: SampleRatio,
}

impl OtlpSettings {
    /// Takes both settings from `given`.
    ///
    /// # Errors
    /// Names the one that cannot be used.
    pub fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        let OrOff(endpoint) = given.take(
            "OTLP_ENDPOINT",
            "off",
            "OpenTelemetry collector (OTLP over HTTP), such as `http://collector:4318`",
        )?;
        let sample_ratio = given.take(
            "OTLP_SAMPLE_RATIO",
            "1",
            "part of the traces that are recorded, from 0 to 1",
        )?;
        Ok(Self { endpoint, sample_ratio })
    }
}

/// A collector's whole address, with OTLP's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorUrl(Url);

impl CollectorUrl {
    /// The address, with OTLP's path.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl FromSetting for CollectorUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        let HttpUrl(mut url) = HttpUrl::from_setting(text)
            .map_err(|why| format!("{why}; or http://collector:4318, or off"))?;
        if url.query().is_some() {
            return Err("has a query; such as http://collector:4318, or off".to_owned());
        }
        if !url.path().ends_with(PATH) {
            let path = format!("{}{PATH}", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The share of traces that is recorded, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleRatio(f64);

impl SampleRatio {
    /// Whether the trace with this id is recorded. Decided by the id's lower bits, so that all services with
    /// one ratio agree.
    #[expect(clippy::cast_precision_loss, reason = "a share of 2^53 is fine enough")]
    pub fn samples(self, trace_id: u128) -> bool {
        let low = (trace_id & ((1 << 53) - 1)) as f64;
        low < self.0 * (1_u64 << 53) as f64
    }
}

impl FromSetting for SampleRatio {
    fn from_setting(text: &str) -> Result<Self, String> {
        let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        ratio.map(Self).ok_or_else(|| "is not a number from 0 to 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collectors_address_gets_the_path_of_otlp() {
        for (text, whole) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            ("https://c.example/otlp/", "https://c.example/otlp/v1/traces"),
            ("http://c:4318/v1/traces", "http://c:4318/v1/traces"),
        ] {
            assert_eq!(CollectorUrl::from_setting(text).unwrap().to_string(), whole);
        }
        for bad in ["collector:4318", "grpc://c:4317", "http://a:b@c", "http://c/?x=1", ""] {
            assert!(CollectorUrl::from_setting(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_ratio_samples_its_share_of_all_traces() {
        let part = |text| {
            let ratio = SampleRatio::from_setting(text).unwrap();
            (0..10_000).filter(|_| ratio.samples(rand::random())).count()
        };
        assert_eq!((part("0"), part("1")), (0, 10_000));
        assert!((2_000..3_000).contains(&part("0.25")));
        for bad in ["-0.1", "1.1", "NaN", "half"] {
            assert!(SampleRatio::from_setting(bad).is_err(), "{bad}");
        }
    }
}
