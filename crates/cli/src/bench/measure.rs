//! How decisions are timed.
//!
//! A decision takes about as long as reading the clock does, so no figure rests on one reading where many can share it:
//! - the **mean** is the time of whole passes over all requests, divided by their number. A sample is as many passes as take a twentieth of the time asked for; of all samples, at
//!   least [`SAMPLES_MIN`], the median counts, and the least and the most are told;
//! - **percentiles** need each decision by itself: two readings of the clock enclose one, and what two readings take with nothing between them (the median of many) is taken off. What is left
//!   of a few nanoseconds is as unsure as the clock is; the processor also cannot overlap a decision with the next one, so the median may lie above the mean;
//! - **throughput** on several threads counts the decisions of threads that begin together, each with an evaluator of its own and from another request on;
//! - **instructions** are what the processor counted for this thread over whole passes, where the system lets a program ask.
//!
//! Every pass counts its Allows, and ends the measurement if it counts others than the first: a time of changing answers would mean nothing.

use crate::failure::Failure;
use hdrhistogram::Histogram;
use portcullis::runtime::json::{ContextLists, JsonRequest};
use portcullis::runtime::{Bundle, Caller, EvalError, Evaluator, Principal, Request, RequestError, SessionPolicies};
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Samples of the mean.
const SAMPLES_MIN: usize = 5;
/// A sample takes at least this part of the time.
const SAMPLES_WANTED: u32 = 20;
/// Readings of the clock that tell what one costs.
const CLOCK_READINGS: usize = 10_001;
/// The longest single decision that the histogram tells apart, in nanoseconds.
const LATENCY_MAX: u64 = 60_000_000_000;
/// Decisions between two looks at whether the time is over.
const DECISIONS_BETWEEN: usize = 64;

/// How each decision gets its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callers {
    /// Resolved by its ARN or name, each time.
    ByName,
    /// Resolved before.
    Handles,
}

/// What is measured, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) callers: Callers,
    /// For each measurement.
    pub(super) time: Duration,
    /// Before the first.
    pub(super) warm_up: Duration,
    /// The most threads.
    pub(super) threads: usize,
}

/// A request to decide.
#[derive(Debug)]
pub(super) struct Work<'r> {
    caller: Caller<'r>,
    principal: Principal,
    session: Option<SessionPolicies>,
    request: Request<'r>,
}

impl<'r> Work<'r> {
    /// A request that was read.
    pub(super) fn new(
        bundle: &Bundle,
        read: &'r JsonRequest<'_>,
        session: Option<SessionPolicies>,
        lists: &'r mut ContextLists<'r>,
    ) -> Result<Work<'r>, RequestError> {
        let principal = resolve(bundle, read.caller(), session.as_ref())?;
        Ok(Work { caller: read.caller(), principal, session, request: read.request(lists)? })
    }

    /// Whether it is allowed: the work whose time counts.
    fn decide(&self, bundle: &Bundle, evaluator: &mut Evaluator<'_>, callers: Callers) -> Result<bool, EvalError> {
        let decision = match callers {
            Callers::Handles => evaluator.decide(&self.principal, &self.request),
            Callers::ByName => {
                let principal = resolve(bundle, self.caller, self.session.as_ref())?;
                evaluator.decide(&principal, &self.request)
            }
        };
        decision.map(|decision| decision.allowed())
    }
}

/// A caller by its name, limited by policies of its session that were compiled before.
fn resolve(bundle: &Bundle, caller: Caller<'_>, session: Option<&SessionPolicies>) -> Result<Principal, RequestError> {
    let principal = bundle.principal(caller)?;
    match session {
        Some(session) => principal.with_session(bundle, session),
        None => Ok(principal),
    }
}

/// Nanoseconds per decision over whole passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mean {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) samples: usize,
}

/// What came out.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) mean: Mean,
    /// Single decisions in nanoseconds, the clock taken off.
    pub(super) latency: Histogram<u64>,
    /// What two readings of the clock take, in nanoseconds.
    pub(super) clock_ns: u64,
    /// Threads, and decisions per second.
    pub(super) throughput: Vec<(usize, f64)>,
    pub(super) instructions: Option<f64>,
}

/// Measures.
///
/// # Errors
/// A request that was decided before and now is not, or otherwise.
pub(super) fn measure(bundle: &Bundle, work: &[Work<'_>], plan: &Plan) -> Result<Measured, Failure> {
    let mut run = Run { bundle, work, callers: plan.callers, evaluator: bundle.evaluator(), allowed: 0 };
    run.allowed = run.pass()?;
    let started = Instant::now();
    while started.elapsed() < plan.warm_up {
        run.checked_pass()?;
    }
    let mean = run.mean(plan.time)?;
    let clock_ns = clock_ns();
    let latency = run.latency(plan.time, clock_ns)?;
    let instructions = run.instructions();
    let throughput = thread_counts(plan.threads).into_iter().map(|threads| Ok((threads, run.throughput(threads, plan.time)?)));
    Ok(Measured { mean, latency, clock_ns, throughput: throughput.collect::<Result<_, Failure>>()?, instructions })
}

/// Every number up to 8, then doubled, and the last.
fn thread_counts(most: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(16_usize), |count| count.checked_mul(2));
    let mut counts: Vec<usize> = (1..=8).chain(doubled).take_while(|count| *count < most).collect();
    counts.push(most.max(1));
    counts
}

/// What two readings of the clock take with nothing between them: the median of many.
fn clock_ns() -> u64 {
    let mut readings: Vec<u64> = (0..CLOCK_READINGS).map(|_| nanoseconds(Instant::now().elapsed())).collect();
    readings.sort_unstable();
    readings.get(CLOCK_READINGS / 2).copied().unwrap_or(0)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

struct Run<'a> {
    bundle: &'a Bundle,
    work: &'a [Work<'a>],
    callers: Callers,
    evaluator: Evaluator<'a>,
    /// Requests that are allowed.
    allowed: u64,
}

impl Run<'_> {
    /// Decides every request; how many are allowed.
    fn pass(&mut self) -> Result<u64, Failure> {
        let mut allowed = 0;
        for work in self.work {
            allowed += u64::from(work.decide(self.bundle, &mut self.evaluator, self.callers).map_err(not_decided)?);
        }
        Ok(black_box(allowed))
    }

    fn checked_pass(&mut self) -> Result<(), Failure> {
        if self.pass()? == self.allowed { Ok(()) } else { Err(changed()) }
    }

    fn mean(&mut self, time: Duration) -> Result<Mean, Failure> {
        let of_sample = time / SAMPLES_WANTED;
        let mut samples = Vec::new();
        let started = Instant::now();
        while samples.len() < SAMPLES_MIN || started.elapsed() < time {
            let began = Instant::now();
            let mut passes = 0_u64;
            let taken = loop {
                self.checked_pass()?;
                passes += 1;
                let taken = began.elapsed();
                if taken >= of_sample {
                    break taken;
                }
            };
            samples.push(taken.as_secs_f64() * 1e9 / passes as f64 / self.work.len() as f64);
        }
        samples.sort_unstable_by(f64::total_cmp);
        let at = |place: usize| samples.get(place).copied().unwrap_or(0.0);
        Ok(Mean { median: at(samples.len() / 2), least: at(0), most: at(samples.len() - 1), samples: samples.len() })
    }

    /// Single decisions, over at least one pass.
    fn latency(&mut self, time: Duration, clock_ns: u64) -> Result<Histogram<u64>, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new("io", format!("times cannot be counted: {error}"));
        let mut latency = Histogram::new_with_bounds(1, LATENCY_MAX, 3).map_err(|error| failed(&error))?;
        let started = Instant::now();
        loop {
            let mut allowed = 0;
            for work in self.work {
                let began = Instant::now();
                let decided = black_box(work.decide(self.bundle, &mut self.evaluator, self.callers));
                let taken = nanoseconds(began.elapsed());
                allowed += u64::from(decided.map_err(not_decided)?);
                latency.saturating_record(taken.saturating_sub(clock_ns).max(1));
            }
            if allowed != self.allowed {
                return Err(changed());
            }
            if started.elapsed() >= time {
                return Ok(latency);
            }
        }
    }

    /// Instructions per decision of one pass; `None` where they cannot be counted.
    #[cfg(target_os = "linux")]
    fn instructions(&mut self) -> Option<f64> {
        // Of this thread, in user mode.
        let mut counter = perf_event::Builder::new().build().ok()?;
        counter.enable().ok()?;
        let passed = self.checked_pass();
        counter.disable().ok()?;
        passed.ok()?;
        let counted = counter.read().ok().filter(|counted| *counted > 0)?;
        Some(counted as f64 / self.work.len() as f64)
    }

    /// No way to ask is known here.
    #[cfg(not(target_os = "linux"))]
    fn instructions(&mut self) -> Option<f64> {
        None
    }

    /// Decisions per second of so many threads together.
    fn throughput(&self, threads: usize, time: Duration) -> Result<f64, Failure> {
        let Run { bundle, work, callers, .. } = *self;
        let (begin, over) = (Barrier::new(threads + 1), AtomicBool::new(false));
        let count = |thread: usize| -> Result<u64, EvalError> {
            let mut evaluator = bundle.evaluator();
            let first = work.len() * thread / threads;
            let mut order = work.iter().cycle().skip(first);
            let mut decided = 0;
            begin.wait();
            while !over.load(Ordering::Relaxed) {
                for work in order.by_ref().take(DECISIONS_BETWEEN) {
                    black_box(work.decide(bundle, &mut evaluator, callers)?);
                    decided += 1;
                }
            }
            Ok(decided)
        };
        std::thread::scope(|scope| {
            let count = &count;
            let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || count(thread))).collect();
            begin.wait();
            let started = Instant::now();
            std::thread::sleep(time);
            over.store(true, Ordering::Relaxed);
            let mut decided = 0;
            for thread in running {
                let own = thread.join().map_err(|_| Failure::new("io", "a thread ended before its work was done"))?;
                decided += own.map_err(not_decided)?;
            }
            // The threads have ended: what each did after the signal is in the count and in the time.
            Ok(decided as f64 / started.elapsed().as_secs_f64())
        })
    }
}

/// A request that was decided when it was read.
fn not_decided(error: EvalError) -> Failure {
    Failure::new(error.code(), format!("a request that was decided is refused: {error}"))
}

fn changed() -> Failure {
    Failure::new("invalid-bundle", "the same requests are decided otherwise than before")
}

#[cfg(test)]
mod tests {
    use super::thread_counts;

    #[test]
    fn counts_of_threads_end_with_the_most() {
        assert_eq!(thread_counts(1), [1]);
        assert_eq!(thread_counts(2), [1, 2]);
        assert_eq!(thread_counts(8), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(thread_counts(9), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(thread_counts(40), [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 40]);
    }
}
