//! Weights of members, by their names.

use std::collections::BTreeMap;

use forewarn_core::{EnsembleArgs, Error, Member, Result};

/// Weights as written in the settings; none for equal weights.
pub(crate) type Written = BTreeMap<String, f64>;

/// Weights that sum to 1, by name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights(BTreeMap<String, f64>);

/// That weights are numbers from 0 on, of which one is above 0.
///
/// # Errors
/// [`Error::Config`] of `component` that names the weight.
pub(crate) fn check(component: &str, written: &Written) -> Result<()> {
    if let Some((name, weight)) = written.iter().find(|(_, w)| !(w.is_finite() && **w >= 0.0)) {
        let reason = format!("the weight of `{name}` is {weight}; weights are numbers from 0 on");
        return Err(Error::config(component, reason));
    }
    if !written.is_empty() && written.values().all(|&w| w == 0.0) {
        return Err(Error::config(component, "all weights are 0; give one member a weight"));
    }
    Ok(())
}

impl Weights {
    /// The written weights of the members divided by their sum; equal ones when none are written. Those of absent members
    /// are left out, so that the others keep their proportions.
    ///
    /// # Errors
    /// [`Error::Config`] of `component` when a member has no weight, or a weight no member; when the members that are present
    /// have no weight above 0.
    pub(crate) fn new(component: &str, written: &Written, args: &EnsembleArgs<'_>) -> Result<Self> {
        let members = args.members;
        if members.is_empty() {
            return Err(Error::config(component, "the ensemble has no members"));
        }
        if written.is_empty() {
            return Ok(Self::equal(members));
        }
        let all = [members, args.absent].concat();
        let wrong = |what: String| {
            Error::config(component, format!("{what}; the members are: {}", sorted(&all).join(", ")))
        };
        if let Some(name) = written.keys().find(|name| !all.contains(&name.as_str())) {
            return Err(wrong(format!("`{name}` has a weight but is no member")));
        }
        if let Some(name) = all.iter().find(|name| !written.contains_key(**name)) {
            return Err(wrong(format!("member `{name}` has no weight")));
        }
        let present = written.iter().filter(|(name, _)| members.contains(&name.as_str()));
        if present.clone().all(|(_, &weight)| weight == 0.0) {
            let (here, absent) = (sorted(members).join(", "), sorted(args.absent).join(", "));
            let what = format!(
                "all weight is of members without a forecast ({absent}); those with one have 0: {here}"
            );
            return Err(Error::config(component, format!("{what}; give one of them a weight")));
        }
        Ok(Self::normalised(present.map(|(name, &w)| (name.clone(), w))))
    }

    /// The same weight for each.
    pub(crate) fn equal(members: &[&str]) -> Self {
        Self::normalised(members.iter().map(|&name| (name.to_owned(), 1.0)))
    }

    /// Weights divided by their sum.
    pub(crate) fn normalised(weights: impl Iterator<Item = (String, f64)>) -> Self {
        let mut weights: BTreeMap<String, f64> = weights.collect();
        let sum: f64 = weights.values().sum();
        for weight in weights.values_mut() {
            *weight /= sum;
        }
        Self(weights)
    }

    /// Members and their weights in the order of their names, which is what makes results independent of the order in
    /// which members are given.
    ///
    /// # Errors
    /// [`Error::Data`] when these are not the members that the weights are for.
    pub(crate) fn pair<'a>(&self, members: &[Member<'a>]) -> Result<(Vec<Member<'a>>, Vec<f64>)> {
        let mut members = members.to_vec();
        members.sort_by_key(|m| m.name);
        let given: Vec<&str> = members.iter().map(|m| m.name).collect();
        if !given.iter().copied().eq(self.0.keys().map(String::as_str)) {
            let fitted: Vec<&str> = self.0.keys().map(String::as_str).collect();
            return Err(Error::data(format!(
                "members {} are to be combined; the weights are of: {}",
                given.join(", "),
                fitted.join(", ")
            )));
        }
        Ok((members, self.0.values().copied().collect()))
    }

    /// The weights of `names`, in their order.
    pub(crate) fn of(&self, names: &[String]) -> Vec<f64> {
        names.iter().map(|name| self.0.get(name).copied().unwrap_or(0.0)).collect()
    }
}

/// Names in ascending order.
fn sorted<'a>(members: &[&'a str]) -> Vec<&'a str> {
    let mut names = members.to_vec();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Field, Period, Step, Unit};

    use super::*;

    fn written(weights: &[(&str, f64)]) -> Written {
        weights.iter().map(|&(name, w)| (name.to_owned(), w)).collect()
    }

    #[test]
    fn weights_go_with_names() {
        let weights =
            Weights::new("x", &written(&[("b", 1.0), ("a", 3.0)]), &EnsembleArgs::new(&["b", "a"])).unwrap();
        assert_eq!(weights.of(&["b".to_owned(), "a".to_owned()]), [0.25, 0.75]);
        let field = Field::point(Period(1), Step(1), [Unit(1)].into(), vec![0.0]).unwrap();
        let member = |name| Member { name, field: &field };
        let (members, w) = weights.pair(&[member("b"), member("a")]).unwrap();
        assert_eq!((members[0].name, w), ("a", vec![0.75, 0.25]));
        let error = weights.pair(&[member("a"), member("c")]).unwrap_err().to_string();
        assert!(error.contains("members a, c are to be combined; the weights are of: a, b"), "{error}");
        assert_eq!(
            Weights::new("x", &Written::new(), &EnsembleArgs::new(&["p", "q"])).unwrap(),
            Weights::equal(&["q", "p"])
        );
    }

    #[test]
    fn names_and_numbers_that_do_not_fit_are_refused_with_the_members() {
        let wrong = |w: &[(&str, f64)]| {
            Weights::new("x", &written(w), &EnsembleArgs::new(&["b", "a"])).unwrap_err().to_string()
        };
        assert_eq!(wrong(&[("c", 1.0)]), "x: `c` has a weight but is no member; the members are: a, b");
        assert_eq!(wrong(&[("a", 1.0)]), "x: member `b` has no weight; the members are: a, b");
        assert!(
            Weights::new("x", &Written::new(), &EnsembleArgs::new(&[]))
                .unwrap_err()
                .to_string()
                .contains("no members")
        );
        let bad = |w: &[(&str, f64)]| check("x", &written(w)).unwrap_err().to_string();
        assert!(bad(&[("a", -1.0)]).contains("the weight of `a` is -1"));
        assert!(bad(&[("a", f64::NAN)]).contains("the weight of `a` is NaN"));
        assert!(bad(&[("a", 0.0), ("b", 0.0)]).contains("all weights are 0"));
        assert!(
            check("x", &written(&[("a", 0.0), ("b", 2.0)])).is_ok() && check("x", &Written::new()).is_ok()
        );
    }

    #[test]
    fn who_is_absent_leaves_its_weight_to_the_others_in_their_proportions() {
        let three = written(&[("a", 3.0), ("b", 1.0), ("c", 4.0)]);
        let present = EnsembleArgs::new(&["b", "a"]);
        let weights = Weights::new("x", &three, &present.without(&["c"])).unwrap();
        assert_eq!(weights.of(&["a", "b", "c"].map(str::to_owned)), [0.75, 0.25, 0.0]);
        let wrong = |w: &Written, absent: &[&str]| {
            Weights::new("x", w, &present.without(absent)).unwrap_err().to_string()
        };
        assert_eq!(wrong(&three, &[]), "x: `c` has a weight but is no member; the members are: a, b");
        let two = written(&[("a", 3.0), ("b", 1.0)]);
        assert_eq!(wrong(&two, &["c"]), "x: member `c` has no weight; the members are: a, b, c");
        let none = written(&[("a", 0.0), ("b", 0.0), ("c", 4.0)]);
        assert!(wrong(&none, &["c"]).contains("all weight is of members without a forecast (c)"));
        // Without weights by name they were equal all along.
        let equal = Weights::new("x", &Written::new(), &present.without(&["c"])).unwrap();
        assert_eq!(equal, Weights::equal(&["a", "b"]));
    }
}
