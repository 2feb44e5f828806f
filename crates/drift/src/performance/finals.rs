//! The periods of a track whose truth is known: the newest, and those before them.

use forewarn_core::prelude::*;

/// Scores of forecast and baseline for the periods whose truth is final, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finals {
    cadence: Cadence,
    pub periods: Vec<Period>,
    pub scores: Vec<f64>,
    pub baseline: Vec<f64>,
    /// Periods without a score.
    pub delayed: usize,
    /// Periods left out because their truth may be revised.
    pub provisional: usize,
}

impl Finals {
    /// Of a track; with periods whose truth may be revised, if `provisional`.
    ///
    /// # Errors
    /// [`Error::Data`] when the track is not as long everywhere, its periods do not ascend, or a score is infinite.
    pub(super) fn of(track: &Track, provisional: bool) -> Result<Self> {
        check(track)?;
        let mut this = Self {
            cadence: track.cadence,
            periods: vec![],
            scores: vec![],
            baseline: vec![],
            delayed: 0,
            provisional: 0,
        };
        for (i, period) in track.periods.iter().enumerate() {
            let (score, baseline) = (track.scores[i], track.baseline[i]);
            if score.is_nan() || baseline.is_nan() {
                this.delayed += 1;
            } else if track.provisional[i] && !provisional {
                this.provisional += 1;
            } else {
                this.periods.push(*period);
                this.scores.push(score);
                this.baseline.push(baseline);
            }
        }
        Ok(this)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.periods.len()
    }

    /// What a period is called.
    pub(super) fn label(&self, at: usize) -> String {
        self.periods.get(at).map_or(String::new(), |period| self.cadence.label(*period))
    }

    /// By how much the forecast was worse than its baseline.
    pub(super) fn differences(&self) -> Vec<f64> {
        self.scores.iter().zip(&self.baseline).map(|(score, baseline)| score - baseline).collect()
    }

    /// The first and last of the newest periods, and what was left out.
    pub(super) fn newest(&self, recent: usize) -> String {
        let span = &self.periods[self.len().saturating_sub(recent)..];
        let span = match (span.first(), span.last()) {
            (Some(first), Some(last)) => {
                format!(" ({} to {})", self.cadence.label(*first), self.cadence.label(*last))
            }
            _ => String::new(),
        };
        format!("the last {} final periods{span}; {}", recent.min(self.len()), self.left_out())
    }

    /// What was left out.
    pub(super) fn left_out(&self) -> String {
        format!("{} without a score yet, {} provisional", self.delayed, self.provisional)
    }
}

fn check(track: &Track) -> Result<()> {
    let n = track.periods.len();
    let lengths = [track.scores.len(), track.baseline.len(), track.provisional.len()];
    if lengths.iter().any(|length| *length != n) {
        return Err(Error::data(format!(
            "`{}` has {n} periods, {} scores, {} of the baseline and {} marks of what is provisional; give one each",
            track.subject, lengths[0], lengths[1], lengths[2]
        )));
    }
    if let Some((a, b)) = track.periods.iter().zip(&track.periods[1.min(n)..]).find(|(a, b)| a >= b) {
        let reason = format!("`{}`: period {a} is followed by {b}; sort them", track.subject);
        return Err(Error::data(reason));
    }
    match (0..n).find(|&i| track.scores[i].is_infinite() || track.baseline[i].is_infinite()) {
        None => Ok(()),
        Some(i) => {
            let reason = format!("`{}`: a score for period {} is infinite", track.subject, track.periods[i]);
            Err(Error::data(reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::performance::cases::track;

    #[test]
    fn delayed_and_provisional_periods_are_counted_and_left_out() {
        let mut track = track(&[1.0, 2.0, f64::NAN, 4.0, 5.0], &[2.0, 2.0, 2.0, 2.0, 2.0]);
        track.provisional = vec![false, false, false, true, true];
        track.baseline[4] = f64::NAN;
        let finals = Finals::of(&track, false).unwrap();
        assert_eq!((finals.differences(), finals.delayed, finals.provisional), (vec![-1.0, 0.0], 2, 1));
        assert_eq!(
            finals.newest(1),
            "the last 1 final periods (2021-09 to 2021-09); 2 without a score yet, 1 provisional"
        );
        let finals = Finals::of(&track, true).unwrap();
        assert_eq!((finals.differences(), finals.provisional), (vec![-1.0, 0.0, 2.0], 0));
    }

    #[test]
    fn tracks_that_do_not_fit_are_refused() {
        let good = track(&[1.0, 2.0], &[2.0, 2.0]);
        let error = |track: Track| Finals::of(&track, false).unwrap_err().to_string();
        assert!(error(Track { scores: vec![1.0], ..good.clone() }).contains("2 periods, 1 scores"));
        assert!(
            error(Track { periods: vec![Period(2), Period(2)], ..good.clone() })
                .contains("2 is followed by 2")
        );
        assert!(error(Track { scores: vec![1.0, f64::INFINITY], ..good }).contains("period 501 is infinite"));
    }
}
