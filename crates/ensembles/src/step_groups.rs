//! Ranges of steps that share what is learned.

use forewarn_core::{Error, Result, Step};

/// First and last step of each group, both included.
pub(crate) type Groups = Vec<[u16; 2]>;

/// The next months, the rest of the year, and the two years after.
pub(crate) fn default_groups() -> Groups {
    vec![[1, 3], [4, 12], [13, 36]]
}

/// That groups ascend and do not overlap.
///
/// # Errors
/// [`Error::Config`] of `component` that names the group.
pub(crate) fn check(component: &str, groups: &[[u16; 2]]) -> Result<()> {
    let mut before = 0;
    for [first, last] in groups {
        if *first <= before || last < first {
            let reason = format!(
                "step group [{first}, {last}] follows step {before}; groups are [first, last], ascend and start at 1"
            );
            return Err(Error::config(component, reason));
        }
        before = *last;
    }
    Ok(())
}

/// The group of a step, if it is in one.
pub(crate) fn find(groups: &[[u16; 2]], step: Step) -> Option<usize> {
    groups.iter().position(|[first, last]| (*first..=*last).contains(&step.0))
}

/// What `n` months of the past have taught is believed by `n / (n + months)`.
///
/// The credibility of an average of `n` cases whose noise is `months` times as large as the differences to be learned
/// (Bühlmann 1967, doi:10.1017/S0515036100008989): nothing is believed without a past, all after a long one.
pub(crate) fn credibility(n: usize, months: f64) -> f64 {
    if n == 0 { 0.0 } else { n as f64 / (n as f64 + months) }
}

/// That a shrinkage is a number of months.
///
/// # Errors
/// [`Error::Config`] of `component`.
pub(crate) fn check_shrinkage(component: &str, months: f64) -> Result<()> {
    if months.is_finite() && months >= 0.0 {
        return Ok(());
    }
    Err(Error::config(component, format!("`shrinkage` is {months}; it is a number of months, from 0 on")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_find_their_group() {
        let groups = default_groups();
        let found: Vec<_> = [0, 1, 3, 4, 12, 13, 36, 37].map(|s| find(&groups, Step(s))).into();
        assert_eq!(found, [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(2), None]);
        assert!(check("x", &groups).is_ok() && check("x", &[]).is_ok());
        for wrong in [[[0, 3], [4, 5]], [[1, 3], [3, 5]], [[4, 5], [1, 3]], [[1, 3], [6, 5]]] {
            assert!(check("x", &wrong).unwrap_err().to_string().contains("groups are [first, last]"));
        }
    }

    #[test]
    fn what_is_learned_counts_more_the_longer_the_past() {
        assert_eq!([0, 5, 15].map(|n| credibility(n, 5.0)), [0.0, 0.5, 0.75]);
        assert_eq!((credibility(3, 0.0), credibility(0, 0.0)), (1.0, 0.0));
        assert!(check_shrinkage("x", -1.0).is_err() && check_shrinkage("x", f64::NAN).is_err());
        assert!(check_shrinkage("x", 0.0).is_ok());
    }
}
