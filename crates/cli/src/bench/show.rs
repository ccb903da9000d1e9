//! What was measured, as a picture for people.
//!
//! Latencies fall into classes, two to each doubling, so that a bar means the same share of time on a slow machine and on a fast one. Bars are made of `#`: they tell
//! the same on every terminal.

use crate::wire;
use hdrhistogram::Histogram;

/// Characters of the longest bar.
const BAR: usize = 40;
/// Classes to each doubling.
const CLASSES_PER_DOUBLING: f64 = 2.0;
/// A class with a smaller share than this part of all decisions is not drawn by itself; the percentiles tell of it.
const SHARE_MIN: f64 = 0.001;

/// The classes that hold something, in order: from, to, decisions.
pub(super) fn classes(latency: &Histogram<u64>) -> Vec<wire::LatencyClass> {
    let mut classes: Vec<wire::LatencyClass> = Vec::new();
    for bucket in latency.iter_recorded() {
        let value = bucket.value_iterated_to().max(1);
        let class = ((value as f64).log2() * CLASSES_PER_DOUBLING).floor();
        let edge = |class: f64| (class / CLASSES_PER_DOUBLING).exp2().ceil() as u64;
        let (from_ns, to_ns) = (edge(class), edge(class + 1.0));
        match classes.last_mut() {
            Some(last) if last.from_ns == from_ns => last.decisions += bucket.count_since_last_iteration(),
            _ => classes.push(wire::LatencyClass { from_ns, to_ns, decisions: bucket.count_since_last_iteration() }),
        }
    }
    classes
}

/// The record for people.
pub(super) fn text(record: &wire::Bench) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| text.push_str(&format!("{name:<28}{value}\n"));
    row("requests", format!("{}, callers {}", record.requests, principals(record.principals)));
    if record.refused > 0 {
        row("refused, not timed", record.refused.to_string());
        for (code, refusals) in &record.refusals {
            row(&format!("  {code}"), format!("{}, first in line {}", refusals.lines, refusals.first_line));
        }
    }
    row("bundle", format!("{} bytes, {} statements", record.bundle_bytes, record.statements));
    if let (Some(all), Some(hot)) = (record.bytes_per_statement, record.hot_bytes_per_statement) {
        row("bytes per statement", format!("{all:.0}; {hot:.0} without what explanations need"));
    }
    row("instructions per decision", record.instructions_per_decision.map_or("not available".to_owned(), |count| format!("{count:.0}")));
    text.push_str(&format!("\none thread, {} samples of whole passes\n", record.samples));
    let mut row = |name: &str, value: String| text.push_str(&format!("{name:<28}{value}\n"));
    row(
        "ns per decision",
        format!("{:.0} (least {:.0}, most {:.0})", record.ns_per_decision, record.ns_per_decision_least, record.ns_per_decision_most),
    );
    text.push_str(&format!("\none decision by itself; {} ns for reading the clock are taken off\n", record.clock_ns));
    for (name, value) in
        [("p50", record.p50_ns), ("p90", record.p90_ns), ("p99", record.p99_ns), ("p99.9", record.p99_9_ns), ("max", record.max_ns)]
    {
        text.push_str(&format!("{name:<28}{}\n", time(value)));
    }
    text.push('\n');
    text.push_str(&latency_picture(&record.latency));
    text.push_str("\ndecisions per second\n");
    let most = record.decisions_per_second.values().copied().fold(0.0, f64::max);
    for (threads, rate) in &record.decisions_per_second {
        let name = if *threads == 1 { "thread " } else { "threads" };
        text.push_str(&format!("{threads:>4} {name} {rate:>12.0}  {}\n", bar(*rate, most)));
    }
    text
}

fn principals(principals: &str) -> &'static str {
    if principals == "handles" { "resolved before" } else { "by name each time" }
}

/// From the first to the last class that is worth a line, those between included.
fn latency_picture(classes: &[wire::LatencyClass]) -> String {
    let all = classes.iter().map(|class| class.decisions).sum::<u64>().max(1) as f64;
    let share = |class: &wire::LatencyClass| class.decisions as f64 / all;
    let most = classes.iter().map(share).fold(0.0, f64::max);
    let first = classes.iter().position(|class| share(class) >= SHARE_MIN).unwrap_or(0);
    let last = classes.iter().rposition(|class| share(class) >= SHARE_MIN).unwrap_or(0);
    let mut text = String::new();
    for class in classes.get(first..=last).unwrap_or_default() {
        let line = format!("below {:>9} {:>6.1} %  {}", time(class.to_ns), share(class) * 100.0, bar(share(class), most));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn bar(value: f64, most: f64) -> String {
    let length = if most > 0.0 { (value / most * BAR as f64).round() } else { 0.0 };
    "#".repeat((length as usize).min(BAR))
}

/// `850 ns`, `1.2 us`, `3.4 ms`.
fn time(nanoseconds: u64) -> String {
    let value = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} us", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", value / 1e6),
        _ => format!("{:.1} s", value / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::{bar, classes, latency_picture, time};
    use hdrhistogram::Histogram;

    fn latency(values: &[(u64, u64)]) -> Histogram<u64> {
        let mut latency = Histogram::new_with_bounds(1, 1_000_000, 3).unwrap();
        for (value, count) in values {
            latency.record_n(*value, *count).unwrap();
        }
        latency
    }

    #[test]
    fn classes_hold_every_decision_once() {
        let values = [(1, 1), (2, 5), (3, 7), (100, 11), (127, 13), (128, 17), (900_000, 2)];
        let classes = classes(&latency(&values));
        assert_eq!(classes.iter().map(|class| class.decisions).sum::<u64>(), values.iter().map(|(_, count)| count).sum::<u64>());
        for pair in classes.windows(2) {
            assert!(pair[0].from_ns < pair[0].to_ns && pair[0].to_ns <= pair[1].from_ns, "{pair:?}");
        }
        let of = |value: u64| classes.iter().find(|class| class.from_ns <= value && value < class.to_ns).map(|class| class.decisions);
        assert_eq!((of(100), of(128)), (Some(24), Some(17)));
    }

    #[test]
    fn the_picture_leaves_out_rare_ends() {
        let picture = latency_picture(&classes(&latency(&[(90, 1_000), (128, 3_000), (900_000, 1)])));
        let quarter = "#".repeat(13);
        let full = "#".repeat(40);
        assert_eq!(picture, format!("below     91 ns   25.0 %  {quarter}\nbelow    182 ns   75.0 %  {full}\n"));
        assert_eq!(latency_picture(&[]), "");
    }

    #[test]
    fn times_and_bars_are_short() {
        assert_eq!([999, 1_250, 3_400_000, 2_000_000_000].map(time), ["999 ns", "1.2 us", "3.4 ms", "2.0 s"]);
        assert_eq!((bar(1.0, 2.0).len(), bar(2.0, 2.0).len(), bar(0.0, 0.0).len()), (20, 40, 0));
    }
}
