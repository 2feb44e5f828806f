//! What changes places when p values are found by permutation: single values, or blocks of those that depend on one another.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::memory::memory;
use forewarn_kernels::permutation::{Dealer, Effort, Member, ranks};

use crate::settings::{Method, Permuted};

/// As many permutations with a statistic as great as the observed one are enough: of 999, all are made for the p values
/// up to 0.05, which are those that matter.
const EXCEEDANCES: u64 = 50;
/// What blocks that are cut out of a series may lack of the variance of its mean, as a share of it: it makes 5.7 % of 5 %.
const LACKING: f64 = 0.05;
/// Blocks that are left of the smaller sample at least: 5 against 5 can be dealt in 252 ways.
const BLOCKS: usize = 5;

/// How two samples may be dealt anew.
#[derive(Debug)]
pub(crate) struct Deals<'a> {
    settings: &'a Permuted,
    args: DriftArgs<'a>,
    /// Block and stratum of each value of both samples; none when values are independent.
    places: Option<[Vec<[u32; 2]>; 2]>,
    /// What the verdict is to say of the blocks.
    note: Option<String>,
}

impl<'a> Deals<'a> {
    /// By the blocks and strata of the samples, or blocks of the length that is set.
    ///
    /// # Errors
    /// [`Error::Config`] for a length where blocks are given, [`Error::Data`] for one that cannot be estimated.
    pub(crate) fn of(test: &str, settings: &'a Permuted, args: &DriftArgs<'a>) -> Result<Self> {
        let mut deals = Self { settings, args: *args, places: None, note: None };
        let strata = |side: usize| match args.strata {
            Some(strata) => strata[side].to_vec(),
            None => vec![0; [args.reference, args.current][side].len()],
        };
        if let Some(blocks) = args.blocks {
            if settings.block_length > 1 {
                let what = "`block-length` is for samples without blocks, and these have some; leave one of both out";
                return Err(Error::config(test, what.to_owned()));
            }
            let places =
                |side: usize| blocks[side].iter().copied().zip(strata(side)).map(|(b, s)| [b, s]).collect();
            deals.places = Some([0, 1].map(places));
            return Ok(deals);
        }
        let strata = [0, 1].map(strata);
        let length = deals.length(test, &strata)?;
        if length > 1 || args.strata.is_some() {
            deals.places = Some(strata.map(|strata| runs(&strata, length)));
        }
        Ok(deals)
    }

    /// Whether every value may change places with every other one.
    pub(crate) fn independent(&self) -> bool {
        self.places.is_none()
    }

    /// How a test of several methods compares these samples: by permutation when their values depend on one another.
    ///
    /// # Errors
    /// [`Error::Config`] for a method that takes dependent values as independent.
    pub(crate) fn method(&self, test: &str, method: Method) -> Result<Method> {
        match method {
            method if self.independent() => Ok(method),
            Method::Auto | Method::Permutation => Ok(Method::Permutation),
            method => {
                let what = "is for independent values, and these are in blocks; use `auto`";
                Err(Error::config(test, format!("`method` {method:?} {what}").to_lowercase()))
            }
        }
    }

    /// The length of blocks, estimated when it is 0.
    fn length(&mut self, test: &str, strata: &[Vec<u32>; 2]) -> Result<usize> {
        let length = usize::try_from(self.settings.block_length).unwrap_or(usize::MAX);
        if length > 0 {
            return Ok(length);
        }
        if self.args.nominal {
            let what =
                "these are codes of categories, whose autocorrelation is none; give `block-length` a number";
            return Err(Error::data(format!("`{test}`: {what}")));
        }
        let samples = [self.args.reference, self.args.current];
        let pooled = Pooled::new(samples[0], samples[1]);
        let midranks = midranks(&pooled);
        let of = |side: usize| -> Vec<f64> {
            ranks(samples[side], pooled.values()).iter().map(|rank| midranks[*rank as usize]).collect()
        };
        let series: Vec<Vec<f64>> =
            [0, 1].into_iter().flat_map(|side| split(&of(side), &strata[side])).collect();
        let memory = memory(&series);
        let wanted = (memory.lacking / LACKING).ceil().max(1.0) as usize;
        let most = (samples[0].len().min(samples[1].len()) / BLOCKS).max(1);
        if wanted > 1 {
            let short = if wanted > most { ", less than the memory of the values asks for" } else { "" };
            self.note = Some(format!("blocks of {} values{short}", wanted.min(most)));
        }
        Ok(wanted.min(most))
    }

    /// Deals what is counted: how many values of each sample are at every distinct value, ascending, or in bins of
    /// neighbouring ones.
    pub(crate) fn dealer(&self, counts: &[[u64; 2]]) -> Dealer {
        let Some(places) = &self.places else { return Dealer::values(counts, self.settings.seed) };
        let pooled = Pooled::new(self.args.reference, self.args.current);
        let bins = bins(&pooled, counts);
        let members = |sample: &[f64], places: &[[u32; 2]]| -> Vec<Member> {
            let ranks = ranks(sample, pooled.values());
            let member = |(rank, &[block, stratum]): (u32, &[u32; 2])| Member {
                stratum,
                block,
                rank: bins[rank as usize],
            };
            ranks.into_iter().zip(places).map(member).collect()
        };
        let (reference, current) =
            (members(self.args.reference, &places[0]), members(self.args.current, &places[1]));
        Dealer::blocks(&reference, &current, self.settings.seed)
    }

    /// The p value of a statistic of how many values of each sample are at every distinct value, or in every bin.
    pub(crate) fn p_value(&self, counts: &[[u64; 2]], statistic: impl Fn(&[[u64; 2]]) -> f64) -> f64 {
        let mut dealer = self.dealer(counts);
        let effort = Effort { permutations: self.settings.permutations, exceedances: EXCEEDANCES };
        effort.p_value(statistic(counts), |b| statistic(dealer.deal(b))).p_value
    }

    /// The verdict, with what is to be known of the blocks.
    pub(crate) fn drift(&self, statistic: f64, p_value: f64) -> Drift {
        let level = self.settings.level;
        if self.independent() {
            return Drift::new(statistic, p_value, level);
        }
        // No p value is less, whatever the permutations that were drawn say.
        let ways = self.dealer(&[]).ways();
        let drift = Drift::new(statistic, p_value.max(1.0 / ways), level);
        let drift = self.note.iter().fold(drift, |drift, note| drift.with_note(note.clone()));
        if ways * level >= 1.0 {
            return drift;
        }
        drift.with_note(format!("the blocks can be dealt in {ways} ways, too few for a p value of {level}"))
    }
}

/// The bin of each distinct value, where bins are of neighbouring ones.
fn bins(pooled: &Pooled, counts: &[[u64; 2]]) -> Vec<u32> {
    let (mut bin, mut room) = (0, counts.first().map_or(0, |[x, y]| x + y));
    let of = |[x, y]: &[u64; 2]| {
        while room == 0 && bin + 1 < counts.len() {
            bin += 1;
            room = counts[bin].iter().sum();
        }
        room = room.saturating_sub(x + y);
        bin as u32
    };
    pooled.counts().iter().map(of).collect()
}

/// The mean rank of the values at each distinct one.
fn midranks(pooled: &Pooled) -> Vec<f64> {
    let mut below = 0;
    let of = |[x, y]: &[u64; 2]| {
        let rank = below as f64 + 0.5 * (x + y + 1) as f64;
        below += x + y;
        rank
    };
    pooled.counts().iter().map(of).collect()
}

/// The values of each stratum, in their order.
fn split(values: &[f64], strata: &[u32]) -> Vec<Vec<f64>> {
    let mut series = std::collections::BTreeMap::<u32, Vec<f64>>::new();
    for (value, stratum) in values.iter().zip(strata) {
        series.entry(*stratum).or_default().push(*value);
    }
    series.into_values().collect()
}

/// Numbers of blocks of at least so many values that follow one another in their stratum, and the stratum.
fn runs(strata: &[u32], length: usize) -> Vec<[u32; 2]> {
    let mut sizes = std::collections::BTreeMap::<u32, usize>::new();
    for stratum in strata {
        *sizes.entry(*stratum).or_default() += 1;
    }
    let mut seen = std::collections::BTreeMap::<u32, usize>::new();
    let place = |stratum: &u32| {
        let (size, seen) = (sizes[stratum], seen.entry(*stratum).or_default());
        let blocks = (size / length).max(1);
        let block = *seen * blocks / size;
        *seen += 1;
        [block as u32, *stratum]
    };
    strata.iter().map(place).collect()
}

#[cfg(test)]
mod tests;
