//! The XML that build servers read: a suite for each file, a case for each request with an expectation.

use crate::test::{Ran, Totals};
use portcullis::diag::Diagnostic;
use portcullis::scenario::{Mismatch, Report, Scenario};
use std::fmt::Write;

/// The report of a run.
pub(crate) fn report(ran: &[Ran], totals: Totals) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests = totals.expectations + totals.unreadable;
    add(&mut xml, format_args!("<testsuites tests=\"{tests}\" failures=\"{}\" errors=\"{}\">\n", totals.failed, totals.unreadable));
    for file in ran {
        suite(&mut xml, file);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, ran: &Ran) {
    let unreadable = ran.file.scenarios.iter().filter(|scenario| scenario.is_err()).count();
    let failed: usize = ran.run().map(|(_, _, report)| report.failures()).sum();
    let expected: usize = ran.run().map(|(_, scenario, _)| scenario.requests.iter().filter(|case| case.expect.is_some()).count()).sum();
    let name = escaped(&ran.name);
    let tests = expected + unreadable;
    add(xml, format_args!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{unreadable}\""));
    // A world that is refused although nothing is expected of it is no failure, and must not be invisible either.
    let refused = ran.run().filter(|(_, _, report)| report.refused.is_some()).count();
    add(xml, format_args!(" time=\"{:.3}\">\n", ran.time.as_secs_f64()));
    if refused > 0 {
        add(xml, format_args!("    <properties>\n      <property name=\"refused_worlds\" value=\"{refused}\"/>\n    </properties>\n"));
    }
    for (index, (scenario, report)) in ran.file.scenarios.iter().zip(&ran.reports).enumerate() {
        match (scenario, report) {
            (Err(diagnostics), _) => unreadable_case(xml, ran, &name, index, diagnostics),
            (Ok(scenario), Some(report)) => cases(xml, &name, index, scenario, report),
            (Ok(_), None) => {}
        }
    }
    xml.push_str("  </testsuite>\n");
}

/// A scenario that cannot be read: one case with one error, everything found in its body.
fn unreadable_case(xml: &mut String, ran: &Ran, name: &str, index: usize, diagnostics: &[Diagnostic]) {
    add(xml, format_args!("    <testcase classname=\"{name}\" name=\"scenario {index}\">\n"));
    let told = |diagnostic: &Diagnostic| {
        let place = ran.file.sources.line_column(diagnostic.span.file, diagnostic.span.start);
        escaped(&format!("line {}: {}", place.line, diagnostic.message))
    };
    if let Some(first) = diagnostics.first() {
        let body: Vec<String> = diagnostics.iter().map(told).collect();
        add(xml, format_args!("      <error type=\"{}\" message=\"{}\">{}</error>\n", first.code, told(first), body.join("\n")));
    }
    xml.push_str("    </testcase>\n");
}

/// A case for each request of a scenario with an expectation; one failure at most for each, as the readers of this format want it.
fn cases(xml: &mut String, name: &str, index: usize, scenario: &Scenario, report: &Report) {
    for (request, (case, result)) in scenario.requests.iter().zip(&report.results).enumerate() {
        if case.expect.is_none() {
            continue;
        }
        let title = escaped(&format!("scenario {index} request {request}: {}", scenario.name));
        add(xml, format_args!("    <testcase classname=\"{name}\" name=\"{title}\" line=\"{}\"", case.place.line));
        let Some(first) = result.mismatches.first() else {
            xml.push_str("/>\n");
            continue;
        };
        let told = |mismatch: &Mismatch| escaped(&format!("expected {}, actual {}", mismatch.expected, mismatch.actual));
        let body: Vec<String> =
            result.mismatches.iter().map(|mismatch| format!("{}: {}", escaped(&mismatch.member), told(mismatch))).collect();
        let kind = escaped(&first.member);
        add(
            xml,
            format_args!(">\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>\n", told(first), body.join("\n")),
        );
    }
}

fn add(xml: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = xml.write_fmt(text);
}

/// Text as an attribute's value; what XML cannot hold becomes a question mark.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn every_text_is_an_attribute() {
        assert_eq!(escaped("a < \"b\" & c\n\u{1}"), "a &lt; &quot;b&quot; &amp; c&#10;?");
    }
}
