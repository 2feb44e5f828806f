//! Which earlier forecasts a forecast is compared with.

use forewarn_core::prelude::*;

use super::leads::Range;

/// Periods after which a forecast is no longer «the last one»: the world has moved on.
const OLDEST: i32 = 12;

/// The forecasts from before one, that have the same steps, by origin.
#[derive(Debug, Clone)]
pub(super) struct Past<'a> {
    origin: Period,
    earlier: Vec<&'a Outlook>,
}

impl<'a> Past<'a> {
    pub(super) fn new(args: &OutputArgs<'a>, range: &Range) -> Self {
        let origin = args.outlook.origin;
        let usable = |o: &&Outlook| o.origin < origin && range.fields(o).is_some();
        let mut earlier: Vec<&Outlook> = args.earlier.iter().filter(usable).collect();
        earlier.sort_by_key(|o| o.origin);
        Self { origin, earlier }
    }

    /// The latest of them, and how many periods before it is from; none that is more than [`OLDEST`] periods old.
    pub(super) fn latest(&self) -> Option<(&'a Outlook, i32)> {
        let gap = |o: &Outlook| self.origin.0 - o.origin.0;
        self.earlier.last().map(|o| (*o, gap(o))).filter(|(_, gap)| *gap <= OLDEST)
    }

    /// That from so many periods before.
    pub(super) fn before(&self, gap: i32) -> Option<&'a Outlook> {
        self.at(self.origin.0 - gap)
    }

    /// All pairs of them that are so many periods apart: the earlier, the later.
    pub(super) fn pairs(&self, gap: i32) -> impl Iterator<Item = (&'a Outlook, &'a Outlook)> {
        self.earlier.iter().filter_map(move |later| Some((self.at(later.origin.0 - gap)?, *later)))
    }

    fn at(&self, origin: i32) -> Option<&'a Outlook> {
        self.earlier.binary_search_by_key(&origin, |o| o.origin.0).ok().map(|i| self.earlier[i])
    }
}

/// `1 period`, `12 periods`.
pub(super) fn periods(count: i32) -> String {
    if count == 1 { "1 period".to_owned() } else { format!("{count} periods") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::cases::outlook;
    use crate::output::leads::Leads;

    #[test]
    fn pairs_are_as_far_apart() {
        let at = |origin| outlook(origin, &[1], &[[1.0, 1.0]]);
        let earlier = [at(501), at(500), at(503), outlook(502, &[2], &[[1.0, 1.0]]), at(505)];
        let now = at(505);
        let range = &Leads::default().ranges(&now)[0];
        let past = Past::new(&OutputArgs::new(&now, &earlier), range);
        assert_eq!(past.latest().map(|(o, gap)| (o.origin.0, gap)), Some((503, 2)), "not itself");
        let pairs = |gap| past.pairs(gap).map(|(a, b)| (a.origin.0, b.origin.0)).collect::<Vec<_>>();
        assert_eq!((pairs(1), pairs(2)), (vec![(500, 501)], vec![(501, 503)]), "502 has other steps");
        let old = [at(492)];
        assert!(Past::new(&OutputArgs::new(&now, &old), range).latest().is_none(), "too old");
        assert_eq!((past.before(5).map(|o| o.origin.0), past.before(3)), (Some(500), None));
    }
}
