//! Diagnostics as people read them.
//!
//! ```text
//! error[PC102 unknown-element]: `statement` is no element of a policy
//!  --> policy.json:2:3
//!   |
//! 2 |   "statement": []
//!   |   ^^^^^^^^^^^
//!   |
//!   = help: did you mean `Statement`?
//! ```
//!
//! Policies are often one line of many kilobytes, so a line that does not fit is cut to a window around the place, and the
//! work depends on the window, not on the line. Libraries that draw such excerpts lay out the whole line first and bring
//! tables of character widths; what is needed here fits below.

use super::{Diagnostic, Severity, SourceFile, Sources, Span};
use std::fmt::Write;
use std::ops::Range;

/// Columns of source text in an excerpt.
const WIDTH: usize = 100;
/// Columns of a cut line before the place.
const BEFORE: usize = 30;
/// Columns of a tab.
const TAB: usize = 4;
/// The longest piece of an author's text in a message, in characters.
const QUOTED_MAX: usize = 80;

/// An author's text for a message: in back-ticks, a long one cut, control characters and odd spaces shown as escapes.
pub fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "the empty text".to_owned();
    }
    let mut shown = String::with_capacity(text.len().min(QUOTED_MAX * 2) + 2);
    shown.push('`');
    let mut characters = text.chars();
    for character in characters.by_ref().take(QUOTED_MAX) {
        push_plain(&mut shown, character);
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

/// A character as itself, or its escape where it would act on the terminal or reorder the line.
fn push_plain(text: &mut String, character: char) {
    if character.is_control() || is_format(character) || character.is_whitespace() && character != ' ' {
        text.extend(character.escape_unicode());
    } else {
        text.push(character);
    }
}

/// Characters that direct the layout instead of being seen.
fn is_format(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text of unknown origin as a terminal may show it: control characters, odd spaces and characters that reorder the line as escapes.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|character| push_plain(&mut shown, character));
    shown
}

#[derive(Clone, Copy)]
struct Palette {
    severity: &'static str,
    gutter: &'static str,
    second: &'static str,
    bold: &'static str,
    reset: &'static str,
}

impl Palette {
    fn new(severity: Severity, colour: bool) -> Self {
        if !colour {
            return Palette { severity: "", gutter: "", second: "", bold: "", reset: "" };
        }
        let severity = match severity {
            Severity::Error => "\x1b[1;31m",
            Severity::Warning => "\x1b[1;33m",
        };
        Palette { severity, gutter: "\x1b[1;34m", second: "\x1b[1;36m", bold: "\x1b[1m", reset: "\x1b[0m" }
    }
}

/// A place to show.
struct Mark<'d> {
    span: Span,
    line: usize,
    label: &'d str,
    primary: bool,
}

/// A diagnostic as text for people, with excerpts of the source; it ends with a line break. With `colour`, ANSI escapes
/// are added; they say nothing that the text does not.
pub fn render_text(sources: &Sources, diagnostic: &Diagnostic, colour: bool) -> String {
    let code = diagnostic.code;
    let palette = Palette::new(code.severity(), colour);
    let Palette { severity, gutter, second, bold, reset } = palette;
    let mark = |span: Span, label, primary| Mark { span, line: sources.file(span.file).line_at(span.start as usize).0, label, primary };
    let mut marks = vec![mark(diagnostic.span, "", true)];
    marks.extend(diagnostic.labels.iter().map(|(span, label)| mark(*span, label.as_str(), false)));
    let digits = marks.iter().map(|mark| (mark.line + 1).to_string().len()).max().unwrap_or(1);
    let margin = " ".repeat(digits);

    let mut text = String::new();
    let _ = writeln!(text, "{severity}{}[{} {code}]{reset}{bold}: {}{reset}", code.severity(), code.number(), plain(&diagnostic.message));
    // The file of the place first, then the files of labels in the order in which they are named.
    let mut files = Vec::new();
    for mark in &marks {
        if !files.contains(&mark.span.file) {
            files.push(mark.span.file);
        }
    }
    for (position, file) in files.into_iter().enumerate() {
        let mut here: Vec<&Mark<'_>> = marks.iter().filter(|mark| mark.span.file == file).collect();
        if let Some(first) = here.first() {
            let place = sources.line_column(file, first.span.start);
            let arrow = if position == 0 { "-->" } else { ":::" };
            let _ = writeln!(text, "{margin}{gutter}{arrow}{reset} {}:{}:{}", plain(sources.file(file).name()), place.line, place.column);
            let _ = writeln!(text, "{margin} {gutter}|{reset}");
        }
        here.sort_by_key(|mark| mark.span.start);
        excerpts(&mut text, sources.file(file), &here, digits, palette);
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(text, "{margin} {gutter}|{reset}");
        let _ = writeln!(text, "{margin} {gutter}={reset} {second}help{reset}: {}", plain(help));
    }
    text
}

fn excerpts(text: &mut String, file: &SourceFile, marks: &[&Mark<'_>], digits: usize, palette: Palette) {
    let Palette { severity, gutter, second, reset, .. } = palette;
    let mut shown: Option<(usize, Range<usize>)> = None;
    for mark in marks {
        let line = file.line_range(mark.line);
        let place = file.floor(mark.span.start as usize).min(line.end);
        let before = shown.as_ref().map(|(line, _)| *line);
        let window = match &shown {
            // A second place on a line that is there in full, or in its window, needs no second excerpt; the end of the line is a place of it.
            Some((shown_line, window)) if *shown_line == mark.line && (window.start..=window.end).contains(&place) => window.clone(),
            _ => {
                if before.is_some_and(|before| before != mark.line && before + 1 != mark.line) {
                    let _ = writeln!(text, "{gutter}...{reset}");
                }
                let window = window(file, &line, place);
                let (cut_left, cut_right) = (window.start > line.start, window.end < line.end);
                let content = drawn(file, window.clone());
                let (left, right) = (if cut_left { "…" } else { "" }, if cut_right { "…" } else { "" });
                let source = format!("{left}{content}{right}");
                let _ = writeln!(text, "{gutter}{:>digits$} |{reset} {}", mark.line + 1, source.trim_end());
                window
            }
        };
        let lead = usize::from(window.start > line.start) + columns(file, window.start..place);
        let end = file.floor(mark.span.end as usize).min(window.end).max(place);
        let length = columns(file, place..end).max(1);
        let (sign, colour) = if mark.primary { ("^", severity) } else { ("-", second) };
        let label = if mark.label.is_empty() { String::new() } else { format!(" {}", plain(mark.label)) };
        let _ = writeln!(text, "{:digits$} {gutter}|{reset} {}{colour}{}{label}{reset}", "", " ".repeat(lead), sign.repeat(length));
        shown = Some((mark.line, window));
    }
}

/// The part of a line to show: all of it if it fits, else some of what stands before the place and what follows.
fn window(file: &SourceFile, line: &Range<usize>, place: usize) -> Range<usize> {
    // A character takes at most four bytes, so a longer line cannot fit and is not measured.
    if line.len() <= WIDTH * 4 && columns(file, line.clone()) <= WIDTH {
        return line.clone();
    }
    let mut start = place;
    let mut taken = 0;
    for character in file.text().get(line.start..place).unwrap_or_default().chars().rev() {
        taken += width(character);
        if taken > BEFORE {
            break;
        }
        start -= character.len_utf8();
    }
    let mut end = start;
    taken = 0;
    for character in file.text().get(start..line.end).unwrap_or_default().chars() {
        taken += width(character);
        if taken > WIDTH {
            break;
        }
        end += character.len_utf8();
    }
    start..end
}

/// The source text as it is drawn: tabs as spaces, what would act on the terminal as a replacement character.
fn drawn(file: &SourceFile, range: Range<usize>) -> String {
    let mut shown = String::new();
    for character in file.text().get(range).unwrap_or_default().chars() {
        match character {
            '\t' => shown.push_str(&" ".repeat(TAB)),
            _ if character.is_control() || is_format(character) => shown.push('\u{fffd}'),
            _ => shown.push(character),
        }
    }
    shown
}

fn columns(file: &SourceFile, range: Range<usize>) -> usize {
    file.text().get(range).unwrap_or_default().chars().map(width).sum()
}

/// Columns of a character: East Asian wide characters and emoji take two, combining marks none.
fn width(character: char) -> usize {
    match character {
        '\t' => TAB,
        '\u{20}'..='\u{2ff}' => 1,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' => 0,
        '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' => 0,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7a3}' => {
            2
        }
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => 2,
        '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
