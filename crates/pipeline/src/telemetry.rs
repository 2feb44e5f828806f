//! What a run tells a collector of OpenTelemetry, if there is one: a span of the run, and one of each step.

use forewarn_tracking::{Collector, Moment, Span};
use serde_json::json;

use crate::engine::StepRecord;
use crate::record::Record;

/// Sends the spans of a run that has ended, or of one task of it; what went wrong, in a sentence. A collector that is down
/// stops nothing.
pub(crate) fn send(collector: &Collector, record: &Record, task: Option<&str>) -> Option<String> {
    let began = Moment::parse(&record.started).map_or(0.0, |moment| moment.0 as f64);
    let parts: Vec<Span> = record.steps.iter().map(|step| part(step, began)).collect();
    let names = [record.run.as_deref(), task, Some(&record.started)];
    let identity = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let sent = collector.send(&identity, &record.code.revision, &whole(record, task, began), &parts);
    sent.err().map(|e| format!("no span was told: {e}"))
}

fn whole(record: &Record, task: Option<&str>, began: f64) -> Span {
    let mut attributes = vec![
        ("forewarn.until".to_owned(), json!(record.until)),
        ("forewarn.end".to_owned(), json!(record.end)),
        ("forewarn.seed".to_owned(), json!(record.seed.to_string())),
        ("forewarn.missing".to_owned(), json!(record.missing.len())),
        ("forewarn.warnings".to_owned(), json!(record.warnings.len())),
        ("process.cpu_seconds".to_owned(), json!(record.usage.cpu_seconds)),
        ("process.peak_bytes".to_owned(), json!(record.usage.peak_bytes)),
        ("host.arch".to_owned(), json!(record.host.arch)),
    ];
    let known = [("forewarn.run", &record.run), ("forewarn.origin", &record.origin)];
    attributes
        .extend(known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?)))));
    attributes.retain(|(_, value)| !value.is_null());
    let failure = record.failure.as_ref().map(|failure| format!("{}: {}", failure.place, failure.reason));
    let name = task.map_or("forewarn run".to_owned(), |task| format!("forewarn {task}"));
    Span { name, began, seconds: record.seconds, attributes, failure }
}

fn part(step: &StepRecord, began: f64) -> Span {
    let mut attributes = vec![
        ("forewarn.cached".to_owned(), json!(step.cached)),
        ("forewarn.key".to_owned(), json!(step.key)),
        ("process.cpu_seconds".to_owned(), json!(step.cpu_seconds)),
    ];
    attributes.retain(|(_, value)| !value.is_null());
    let (name, began) = (step.step.clone(), began + step.began);
    Span { name, began, seconds: step.seconds, attributes, failure: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::small_run::{archive, project};

    #[test]
    fn every_step_is_a_span_within_that_of_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let done = archive(&project(folder.path(), 1)).unwrap();
        let record = Record::read(&done.record).unwrap();
        let began = Moment::parse(&record.started).unwrap().0 as f64;
        let whole = whole(&record, None, began);
        let value =
            |key: &str| whole.attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone()).unwrap();
        assert_eq!((value("forewarn.run"), value("forewarn.origin")), (json!(done.run), json!("2020-12")));
        assert_eq!(
            (value("forewarn.end"), value("forewarn.missing"), &whole.failure),
            (json!("done"), json!(0), &None)
        );
        let parts: Vec<Span> = record.steps.iter().map(|step| part(step, began)).collect();
        let names: Vec<&str> = parts.iter().map(|span| span.name.as_str()).collect();
        assert!(names.contains(&"forecast long_memory") && names.contains(&"scores"), "{names:?}");
        for (span, next) in parts.iter().zip(parts.iter().skip(1)) {
            assert!(span.began + span.seconds <= next.began + 1e-6, "{} before {}", span.name, next.name);
        }
        assert!(parts.iter().all(|span| span.began >= began && span.seconds <= record.seconds));
    }

    #[test]
    fn a_collector_that_is_down_is_told_of_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::read(&archive(&project(folder.path(), 1)).unwrap().record).unwrap();
        let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), "http://127.0.0.1:1".to_owned())];
        let collector = Collector::of(&environment).unwrap().unwrap();
        let said = send(&collector, &record, None).unwrap();
        assert!(said.starts_with("no span was told: http://127.0.0.1:1/v1/traces: "), "{said}");
    }
}
