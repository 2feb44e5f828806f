//! Evidence as Prometheus text, for a collector that reads files (`textfile`) or a page that serves them.

use std::fmt::Write as _;

use forewarn_drift::gate::{Judged, Verdict};

use super::Evidence;

/// A number of a reading.
type Number = fn(&Judged) -> Option<f64>;

/// The verdict of the gate, and effect, limit and q value of every reading that has them.
pub(crate) fn prometheus(evidence: &Evidence) -> String {
    let gate = evidence.gate.as_str();
    let mut out = String::new();
    family(&mut out, "forewarn_gate_verdict", "0 pass, 1 cannot tell, 2 warn, 3 fail");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "forewarn_gate_verdict{{gate=\"{gate}\"}} {}", code(evidence.verdict));
    family(&mut out, "forewarn_gate_readings", "Readings by verdict");
    for verdict in [Verdict::Pass, Verdict::CannotTell, Verdict::Warn, Verdict::Fail] {
        let n = evidence.readings.iter().filter(|j| j.verdict == verdict).count();
        let _ =
            writeln!(out, "forewarn_gate_readings{{gate=\"{gate}\",verdict=\"{}\"}} {n}", verdict.as_str());
    }
    let numbers: [(&str, &str, Number); 3] = [
        ("forewarn_gate_effect", "How far a reading is off, in the unit of its check", |j| j.reading.effect),
        ("forewarn_gate_limit", "The effect from which on it matters", |j| Some(j.reading.limit)),
        ("forewarn_gate_q_value", "How likely it is by chance, corrected for all readings", |j| j.q_value),
    ];
    for (name, help, number) in numbers {
        family(&mut out, name, help);
        for j in &evidence.readings {
            let Some(value) = number(j) else { continue };
            let (check, subject) = (label(&j.check), label(&j.reading.subject));
            let _ =
                writeln!(out, "{name}{{gate=\"{gate}\",check=\"{check}\",subject=\"{subject}\"}} {value}");
        }
    }
    out
}

fn family(out: &mut String, name: &str, help: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

/// The value of a label, as the text format of Prometheus has it.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::CannotTell => 1,
        Verdict::Warn => 2,
        Verdict::Fail => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::evidence::tests::evidence;

    #[test]
    fn each_number_is_a_line_and_unknown_is_none() {
        let text = prometheus(&evidence());
        assert!(text.contains("forewarn_gate_verdict{gate=\"input\"} 3\n"));
        assert!(text.contains("forewarn_gate_readings{gate=\"input\",verdict=\"warn\"} 2\n"));
        let quoted = "subject=\"a <b> & \\\"c\\\"\"} 3\n";
        assert!(text.contains(quoted), "{text}");
        assert_eq!(text.lines().filter(|l| l.starts_with("forewarn_gate_effect{")).count(), 4);
        assert!(!text.contains("NaN") && text.matches("# TYPE").count() == 5);
    }
}
