//! Each metric that the dashboard and the alert rules use is exported. After a rename they would show nothing.

use std::{collections::BTreeSet, path::Path};

use authpair_testkit::{Answer, Backend, TestPair, free_port};
use serde_json::Value;

/// Metrics that Prometheus itself makes.
const ITS_OWN: [&str; 1] = ["up"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_that_dashboard_and_rules_name_is_exported() {
    let used: BTreeSet<_> =
        dashboard().iter().chain(&rules()).flat_map(|text| names(text)).collect();
    assert!(
        used.contains("authpair_logins_total") && used.contains("authpair_jwks_age_seconds"),
        "{used:?}"
    );
    let exported = exported().await;
    let missing: Vec<_> = used
        .iter()
        .filter(|name| !exported.contains(*name) && !ITS_OWN.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?} are not among {exported:?}");
}

fn file(name: &str) -> String {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    std::fs::read_to_string(deploy.join(name)).unwrap()
}

fn dashboard() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&file("grafana/authpair.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// Each `expr:` with the lines that are indented deeper, which is all the YAML that there is in expressions.
fn rules() -> Vec<String> {
    let text = file("prometheus/rules.yml");
    let mut lines = text.lines().peekable();
    let mut expressions = Vec::new();
    while let Some(line) = lines.next() {
        let Some((indent, rest)) = line.split_once("expr:") else { continue };
        let mut expression = rest.trim().trim_start_matches(">-").to_owned();
        let deeper = |line: &&str| line.len() - line.trim_start().len() > indent.len();
        while let Some(line) = lines.next_if(deeper) {
            expression = format!("{expression} {}", line.trim());
        }
        expressions.push(expression);
    }
    expressions
}

/// The metrics of an expression: names that are neither functions nor keywords nor labels.
fn names(expression: &str) -> Vec<String> {
    const WITH_LABELS: [&str; 4] = ["by", "without", "on", "ignoring"];
    const WORDS: [&str; 3] = ["and", "or", "unless"];
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) =
        rest.find(|letter: char| letter.is_alphanumeric() || "{[_".contains(letter))
    {
        rest = &rest[start..];
        let end = match rest.as_bytes()[0] {
            b'{' => rest.find('}').unwrap() + 1,
            b'[' => rest.find(']').unwrap() + 1,
            _ => rest
                .find(|c: char| !(c.is_alphanumeric() || "_:.".contains(c)))
                .unwrap_or(rest.len()),
        };
        let (word, behind) = rest.split_at(end);
        rest = behind.trim_start();
        if WITH_LABELS.contains(&word) {
            rest = &rest[rest.find(')').unwrap()..];
            continue;
        }
        let is_name = word.starts_with(|letter: char| letter.is_alphabetic());
        // `sum (…)` and `sum by (…) (…)`.
        let is_function = ["(", "by ", "without "].iter().any(|next| rest.starts_with(next));
        if is_name && !is_function && !WORDS.contains(&word) {
            found.push(word.to_owned());
        }
    }
    found
}

#[test]
fn names_are_found_among_functions_labels_and_numbers() {
    let text = r#"sum by (job, le) (rate(a_total{b="c", d=~"e"}[5m])) / 0.5 > 3 * f and on (g) time() - h:i"#;
    assert_eq!(names(text), ["a_total", "f", "h:i"]);
}

/// The names of all series that either service shows.
async fn exported() -> BTreeSet<String> {
    let (auth, users) = (free_port(), free_port());
    let nowhere = format!("http://127.0.0.1:{}", free_port());
    let settings = [
        ("AUTH_METRICS_LISTEN", &*format!("127.0.0.1:{auth}")),
        ("USERS_METRICS_LISTEN", &*format!("127.0.0.1:{users}")),
        ("AUTH_OTLP_ENDPOINT", &nowhere),
    ];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    let mut names = BTreeSet::new();
    Answer::of(pair.users_call("GET", "/api/whoami")).await.ok(200);
    for port in [auth, users] {
        let url = format!("http://127.0.0.1:{port}/metrics");
        let text = Answer::of(pair.http.get(url)).await.ok(200).text;
        let series = text.lines().filter(|line| !line.starts_with('#'));
        names.extend(series.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()));
    }
    names
}
