//! Evidence as `JUnit` XML, which continuous integration shows: a case for each reading.

use std::fmt::Write as _;

use forewarn_catalog::text::escape;
use forewarn_drift::gate::{Judged, Verdict};

use super::Evidence;

/// The evidence of one gate: what fails is a failure, what cannot be told an error, what warns passes with its message
/// as output, what is waived is skipped with its reason.
pub(crate) fn junit(evidence: &Evidence) -> String {
    let count = |verdict| evidence.readings.iter().filter(|j| j.verdict == verdict).count();
    let waived = evidence.readings.iter().filter(|j| j.waived.is_some()).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<testsuite name=\"gate {} {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{waived}\">",
        evidence.gate.as_str(),
        escape(&evidence.period),
        evidence.readings.len(),
        count(Verdict::Fail),
        count(Verdict::CannotTell)
    );
    for judged in &evidence.readings {
        let (check, subject) = (escape(&judged.check), escape(&judged.reading.subject));
        let _ = writeln!(
            out,
            "  <testcase classname=\"{check}\" name=\"{subject}\">{}</testcase>",
            inside(judged)
        );
    }
    out + "</testsuite>\n"
}

fn inside(judged: &Judged) -> String {
    let message = escape(&judged.reading.message);
    if let Some(waiver) = &judged.waived {
        let why = format!("{}, until {}: {}", waiver.owner, waiver.until, waiver.reason);
        return format!("<skipped message=\"{}\"/>", escape(&why));
    }
    match judged.verdict {
        Verdict::Fail => format!("<failure message=\"{message}\"/>"),
        Verdict::CannotTell => format!("<error message=\"{message}\"/>"),
        Verdict::Warn => format!("<system-out>{message}</system-out>"),
        Verdict::Pass => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::evidence::tests::evidence;

    #[test]
    fn each_reading_is_a_case_and_text_is_escaped() {
        let xml = junit(&evidence());
        assert!(
            xml.contains("name=\"gate input 2020-12\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"0\"")
        );
        assert!(
            xml.contains(
                "<testcase classname=\"size\" name=\"a &lt;b&gt; &amp; &quot;c&quot;\"><system-out>"
            )
        );
        assert!(
            xml.contains("<failure message=\"it is 9\"/>") && xml.contains("name=\"ged_sb\"></testcase>")
        );
        assert_eq!(xml.matches("<testcase").count(), 5);
    }
}
