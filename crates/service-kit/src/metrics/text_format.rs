//! The two text formats of metrics, and the choice between them by `Accept`.

use std::fmt::Write;

use actix_web::http::header::{ACCEPT, HeaderMap};

/// A text format of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextFormat {
    /// OpenMetrics 1.0, only if the client accepts it explicitly.
    OpenMetrics,
    /// The older format of Prometheus, which everything reads.
    Prometheus,
}

impl TextFormat {
    /// The format that `Accept` prefers. Clients that do not name OpenMetrics, such as `curl` and browsers, get the
    /// older one.
    pub(super) fn negotiate(headers: &HeaderMap) -> Self {
        let lines: Vec<_> = headers.get_all(ACCEPT).filter_map(|line| line.to_str().ok()).collect();
        let ranges = || lines.iter().flat_map(|line| line.split(','));
        let best = |named: fn(&str) -> bool| {
            ranges().filter_map(|range| quality_if(range, named)).max().unwrap_or(0)
        };
        let open = best(|media_type| media_type == "application/openmetrics-text");
        let plain = best(|media_type| media_type == "text/plain");
        if open > 0 && open >= plain { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// For `Content-Type`.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// Metrics that were written as OpenMetrics, in this format.
    pub(super) fn render(self, open_metrics: String) -> String {
        match self {
            Self::OpenMetrics => open_metrics,
            Self::Prometheus => to_prometheus(&open_metrics),
        }
    }
}

/// The quality of a media range in thousandths (RFC 9110 §12.4.2), if it is one that counts.
fn quality_if(range: &str, counts: fn(&str) -> bool) -> Option<u16> {
    let mut parts = range.split(';').map(str::trim);
    if !counts(parts.next()?.to_ascii_lowercase().as_str()) {
        return None;
    }
    let mut quality = 1_000;
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = thousandths(value.trim())?,
            // A later version may need what this format lacks.
            "version" if !is_known_version(value.trim().trim_matches('"')) => return None,
            _ => {}
        }
    }
    Some(quality)
}

fn is_known_version(version: &str) -> bool {
    matches!(version, "0.0.1" | "0.0.4" | "1.0.0")
}

fn thousandths(quality: &str) -> Option<u16> {
    let (whole, rest) = quality.split_once('.').unwrap_or((quality, ""));
    let rest = format!("{rest:0<3}");
    let value = whole.parse::<u16>().ok()?.checked_mul(1_000)?.checked_add(rest.parse().ok()?)?;
    (rest.len() == 3 && value <= 1_000).then_some(value)
}

/// The older format differs: a counter's family has the suffix `_total`, `info` becomes a gauge, `unknown` becomes
/// `untyped`, and there are no UNIT and EOF lines.
fn to_prometheus(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            // It comes before the type, which decides the name.
            help = rest.split_once(' ');
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                kind => ("", kind),
            };
            if let Some((_, help)) = help.take().filter(|(family, _)| *family == name) {
                let _ = writeln!(text, "# HELP {name}{suffix} {help}");
            }
            let _ = writeln!(text, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;
    use crate::metrics::{Metrics, Sample};

    fn negotiate(accept: &[&'static str]) -> TextFormat {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append(ACCEPT, HeaderValue::from_static(line));
        }
        TextFormat::negotiate(&headers)
    }

    #[test]
    fn open_metrics_goes_to_those_who_name_it_and_prefer_it() {
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for accept in [
            &[prometheus_3][..],
            &["application/openmetrics-text"],
            &["Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=0.1"],
            &["text/html", "application/openmetrics-text;q=0.001"],
        ] {
            assert_eq!(negotiate(accept), TextFormat::OpenMetrics, "{accept:?}");
        }
        for accept in [
            &[][..],
            &["*/*"],
            &["text/plain"],
            &["text/html,application/xhtml+xml,*/*;q=0.8"],
            &["text/plain, application/openmetrics-text;q=0.9"],
            &["application/openmetrics-text;q=0"],
            &["application/openmetrics-text;version=2.0.0"],
            &["application/openmetrics-text;q=7"],
            &["application/json", ""],
        ] {
            assert_eq!(negotiate(accept), TextFormat::Prometheus, "{accept:?}");
        }
    }

    #[test]
    fn the_older_format_names_families_as_their_samples() {
        let metrics = Metrics::new("test", "1.2.3");
        metrics.register_samples(|| {
            vec![Sample::counter("polls", "Polls", 7), Sample::gauge("lag", "Lag", 1.5)]
        });
        let text = TextFormat::Prometheus.render(metrics.text());
        for lines in [
            "# HELP authpair_polls_total Polls\n# TYPE authpair_polls_total counter\nauthpair_polls_total 7\n",
            "# HELP authpair_lag Lag\n# TYPE authpair_lag gauge\nauthpair_lag 1.5\n",
            "# TYPE authpair_build_info gauge\nauthpair_build_info{service=\"test\",version=\"1.2.3\"} 1\n",
        ] {
            assert!(text.contains(lines), "{lines} in {text}");
        }
        assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
        assert!(TextFormat::OpenMetrics.render(metrics.text()).ends_with("# EOF\n"));
    }
}
