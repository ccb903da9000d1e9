//! The XML that build servers read: a suite for each file, a case for each request with an expectation.

use crate::test::{Ran, Totals};
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
    add(xml, format_args!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{unreadable}\">\n"));
    for (index, scenario) in ran.file.scenarios.iter().enumerate() {
        let Err(diagnostics) = scenario else { continue };
        add(xml, format_args!("    <testcase classname=\"{name}\" name=\"scenario {index}\">\n"));
        for diagnostic in diagnostics {
            let place = ran.file.sources.line_column(diagnostic.span.file, diagnostic.span.start);
            let message = escaped(&diagnostic.message);
            let code = diagnostic.code;
            add(xml, format_args!("      <error type=\"{code}\" message=\"line {}: {message}\"/>\n", place.line));
        }
        xml.push_str("    </testcase>\n");
    }
    for (index, scenario, report) in ran.run() {
        for (request, (case, result)) in scenario.requests.iter().zip(&report.results).enumerate() {
            if case.expect.is_none() {
                continue;
            }
            let title = escaped(&format!("scenario {index} request {request}: {}", scenario.name));
            add(xml, format_args!("    <testcase classname=\"{name}\" name=\"{title}\" line=\"{}\"", case.place.line));
            if result.mismatches.is_empty() {
                xml.push_str("/>\n");
                continue;
            }
            xml.push_str(">\n");
            for mismatch in &result.mismatches {
                let member = escaped(&mismatch.member);
                let message = escaped(&format!("expected {}, actual {}", mismatch.expected, mismatch.actual));
                add(xml, format_args!("      <failure type=\"{member}\" message=\"{message}\"/>\n"));
            }
            xml.push_str("    </testcase>\n");
        }
    }
    xml.push_str("  </testsuite>\n");
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
