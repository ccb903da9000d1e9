//! Which of many things a request is about.

use crate::dice::Dice;
use std::fmt;
use std::str::FromStr;

/// How things are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Each as often as any other.
    Uniform,
    /// The thing of rank *k* in proportion to 1/*k*. Ranks are dealt out at random, so that neighbours in the world are not neighbours in rank.
    Zipf,
}

impl fmt::Display for Draw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Draw::Uniform => "uniform",
            Draw::Zipf => "zipf",
        })
    }
}

impl FromStr for Draw {
    type Err = String;

    fn from_str(text: &str) -> Result<Draw, String> {
        match text {
            "uniform" => Ok(Draw::Uniform),
            "zipf" => Ok(Draw::Zipf),
            _ => Err(format!("`{text}` is neither `uniform` nor `zipf`")),
        }
    }
}

/// Draws indexes below a number.
pub(crate) struct Drawer {
    count: usize,
    zipf: Option<Zipf>,
}

struct Zipf {
    /// The sums 1 + 1/2 + ... + 1/k.
    sums: Vec<f64>,
    /// The index that has a rank.
    ranked: Vec<u32>,
}

impl Drawer {
    /// Draws from `0..count`. Divisions and additions alone, so the draws are the same on every machine.
    pub(crate) fn new(draw: Draw, count: usize, dice: &Dice) -> Drawer {
        let zipf = (draw == Draw::Zipf).then(|| {
            let mut sum = 0.0;
            let sums = (1..=count)
                .map(|rank| {
                    sum += 1.0 / rank as f64;
                    sum
                })
                .collect();
            let mut ranked: Vec<u32> = (0u32..).take(count).collect();
            dice.shuffle(&mut ranked);
            Zipf { sums, ranked }
        });
        Drawer { count, zipf }
    }

    /// One index; 0 where there is nothing to draw.
    pub(crate) fn next(&self, dice: &Dice) -> usize {
        let Some(zipf) = &self.zipf else { return dice.below(self.count) };
        let total = zipf.sums.last().copied().unwrap_or_default();
        let at = dice.fraction() * total;
        let rank = zipf.sums.partition_point(|sum| *sum <= at);
        zipf.ranked.get(rank).map_or(0, |index| *index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(draw: Draw) -> Vec<usize> {
        let dice = Dice::new(1, 0);
        let drawer = Drawer::new(draw, 100, &dice);
        let mut counts = vec![0; 100];
        for _ in 0..100_000 {
            counts[drawer.next(&dice)] += 1;
        }
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts
    }

    #[test]
    fn zipf_gives_rank_k_a_share_of_one_kth() {
        // 1 + 1/2 + ... + 1/100 is 5.187, so rank 1 gets 19,277 of 100,000.
        let counts = counts(Draw::Zipf);
        for (rank, expected) in [(1, 19_277_f64), (2, 9_639.0), (4, 4_819.0), (10, 1_928.0)] {
            let count = counts[rank - 1] as f64;
            assert!((count - expected).abs() < expected / 10.0, "rank {rank}: {count}, not about {expected}");
        }
    }

    #[test]
    fn uniform_gives_each_the_same() {
        let counts = counts(Draw::Uniform);
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
