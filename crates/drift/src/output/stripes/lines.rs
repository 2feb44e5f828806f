//! How much of the variation of some numbers lies between lines of them.

use forewarn_kernels::random::Stream;

/// Longest run of neighbours that is shuffled as one.
const RUN: usize = 8;

/// Numbers in lines, in runs of neighbours: what is next to each other is alike, and is shuffled together.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    /// Sum and number of each run.
    runs: Vec<(f64, f64)>,
    /// The line that each run is in, ascending.
    line: Vec<usize>,
    /// Sum of squares about the mean of all.
    squares: f64,
}

impl Lines {
    /// Of numbers with the line that each is in, neighbours next to each other; `None` for fewer than two lines.
    pub(super) fn new(numbers: &[(usize, f64)]) -> Option<Self> {
        let mean = numbers.iter().map(|(_, v)| v).sum::<f64>() / numbers.len() as f64;
        let mut ordered = numbers.to_vec();
        ordered.sort_by_key(|(line, _)| *line);
        let mut this = Self { runs: Vec::new(), line: Vec::new(), squares: 0.0 };
        for chunk in ordered.chunk_by(|a, b| a.0 == b.0) {
            for run in chunk.chunks(RUN) {
                this.runs.push((run.iter().map(|(_, v)| v - mean).sum(), run.len() as f64));
                this.line.push(run[0].0);
            }
        }
        this.squares = ordered.iter().map(|(_, v)| (v - mean).powi(2)).sum();
        (this.line.first() != this.line.last()).then_some(this)
    }

    /// Whether the numbers differ at all.
    pub(super) fn vary(&self) -> bool {
        self.squares > 0.0
    }

    /// Share of the sum of squares (0-1) that is between the means of lines.
    pub(super) fn share(&self) -> f64 {
        self.between(&self.runs) / self.squares
    }

    /// The sum of squares of each line's mean, and the sign of that mean: line, contribution.
    pub(super) fn contributions(&self) -> Vec<(usize, f64)> {
        let pairs: Vec<_> = self.line.iter().zip(&self.runs).collect();
        let line = |runs: &[(&usize, &(f64, f64))]| {
            let (sum, n) = runs.iter().fold((0.0, 0.0), |(s, n), (_, run)| (s + run.0, n + run.1));
            (*runs[0].0, sum * sum / n * sum.signum())
        };
        pairs.chunk_by(|a, b| a.0 == b.0).map(line).collect()
    }

    fn between(&self, runs: &[(f64, f64)]) -> f64 {
        let (mut total, mut sum, mut n) = (0.0, 0.0, 0.0);
        for (i, run) in runs.iter().enumerate() {
            if i > 0 && self.line[i] != self.line[i - 1] {
                total += sum * sum / n;
                (sum, n) = (0.0, 0.0);
            }
            (sum, n) = (sum + run.0, n + run.1);
        }
        total + sum * sum / n
    }

    /// The mean share over so many shuffles of the runs, and how likely one as great is: one plus the shuffles with a share
    /// at least as great, over one plus all.
    pub(super) fn shuffled(&self, count: u64, seed: u64) -> (f64, f64) {
        let observed = self.share();
        let (mut sum, mut reached) = (0.0, 0_u64);
        let mut runs = self.runs.clone();
        for replicate in 0..count {
            let stream = Stream::new(seed, &[replicate]);
            for i in (1..runs.len()).rev() {
                runs.swap(i, stream.below(i as u64, i as u32 + 1) as usize);
            }
            let share = self.between(&runs) / self.squares;
            sum += share;
            reached += u64::from(share >= observed * (1.0 - 1e-12));
        }
        (sum / count as f64, (1 + reached) as f64 / (1 + count) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let lines = Lines::new(&[(1, 1.0), (2, -3.0), (1, 3.0), (2, -1.0)]).unwrap();
        // Means 2 and -2 about 0: 16 of 20.
        assert!((lines.share() - 0.8).abs() < 1e-15);
        assert_eq!(lines.contributions(), [(1, 8.0), (2, -8.0)]);
        assert!(Lines::new(&[(1, 1.0), (1, 2.0)]).is_none() && Lines::new(&[]).is_none());
        assert!(!Lines::new(&[(1, 2.0), (2, 2.0)]).unwrap().vary());
    }

    #[test]
    fn shuffles_find_one_line_and_nothing_else() {
        let noise = |i: u64| Stream::new(4, &[]).uniform(i) - 0.5;
        let numbers = |shift: f64| {
            let number = |i: u64| (i as usize / 50, noise(i) + if i / 50 == 7 { shift } else { 0.0 });
            (0..1000).map(number).collect::<Vec<_>>()
        };
        let (chance, p) = Lines::new(&numbers(0.0)).unwrap().shuffled(199, 1);
        // Nineteen of 999 degrees of freedom.
        assert!((chance - 19.0 / 999.0).abs() < 0.003 && p > 0.05, "{chance} {p}");
        let lines = Lines::new(&numbers(0.5)).unwrap();
        assert_eq!(lines.shuffled(199, 1).1, 1.0 / 200.0);
        let most = lines.contributions().into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!(most.0, 7);
    }

    #[test]
    fn p_values_are_what_they_say() {
        let p = |r: u64| {
            let number = |i: u64| (i as usize / 16, Stream::new(r, &[9]).uniform(i).ln());
            Lines::new(&(0..320).map(number).collect::<Vec<_>>()).unwrap().shuffled(39, r).1
        };
        let p: Vec<f64> = (0..1000).map(p).collect();
        for level in [0.05, 0.25, 0.5] {
            let share = p.iter().filter(|p| **p <= level + 1e-9).count() as f64 / 1000.0;
            assert!((share - level).abs() < 4.0 * (level * (1.0 - level) / 1000.0_f64).sqrt(), "{level}: {share}");
        }
    }
}
