//! Plots from the raw numbers: how decisions and compiling grow with the number of statements (W4).

use crate::report::{grouped, median, rounds};
use plotters::prelude::*;
use serde_json::Value;
use std::path::Path;

/// A line of a plot.
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    colour: RGBColor,
}

const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 90, 181),
    RGBColor(90, 170, 240),
    RGBColor(120, 120, 120),
    RGBColor(60, 60, 60),
    RGBColor(220, 50, 32),
    RGBColor(230, 150, 0),
    RGBColor(0, 140, 90),
    RGBColor(150, 60, 160),
];

/// Writes `latency.svg` and `compile.svg` to a folder. Without cases of W4 there is nothing to draw.
///
/// # Errors
/// A folder or file that cannot be written.
pub fn write(raw: &Value, folder: &Path) -> Result<(), String> {
    let cases: Vec<&Value> = raw["cases"].as_array().into_iter().flatten().filter(|case| case["workload"] == "w4").collect();
    if cases.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    draw(
        &folder.join("latency.svg"),
        "one decision against the number of statements (W4)",
        SeriesLabelPosition::UpperRight,
        latency(&cases),
    )?;
    draw(
        &folder.join("compile.svg"),
        "policies to a form that decides, against the number of statements (W4)",
        SeriesLabelPosition::UpperLeft,
        compile(&cases),
    )
}

fn latency(cases: &[&Value]) -> Vec<Series> {
    let lines = [
        ("portcullis", "uniform"),
        ("portcullis", "zipf"),
        ("floor: one probe", "uniform"),
        ("floor: two probes and a trie walk", "uniform"),
        ("iam-rs", "uniform"),
        ("regorus", "uniform"),
        ("cedar-policy", "uniform"),
        ("casbin", "uniform"),
    ];
    let series = lines.iter().zip(COLOURS).map(|((engine, draw), colour)| {
        let drawn = cases.iter().filter(|case| case["draw"] == *draw);
        let points = drawn.filter_map(|case| Some((case["size"].as_f64()?, median(&rounds(case, engine)?)))).collect();
        Series { name: if *draw == "zipf" { format!("{engine}, Zipf") } else { (*engine).to_owned() }, points, colour }
    });
    series.collect()
}

fn compile(cases: &[&Value]) -> Vec<Series> {
    let drawn: Vec<&&Value> = cases.iter().filter(|case| case["draw"] == "uniform").collect();
    let own = |case: &&&Value| Some((case["size"].as_f64()?, (case["read_seconds"].as_f64()? + case["compile_seconds"].as_f64()?) * 1e9));
    let mut series = vec![Series {
        name: "portcullis: read, compile, verify".to_owned(),
        points: drawn.iter().filter_map(own).collect(),
        colour: COLOURS[0],
    }];
    for (engine, colour) in ["iam-rs", "regorus", "cedar-policy", "casbin"].into_iter().zip(&COLOURS[4..]) {
        let of = |case: &&&Value| {
            let entry = case["engines"].as_array()?.iter().find(|entry| entry["name"] == engine)?;
            Some((case["size"].as_f64()?, entry["build_seconds"].as_f64()? * 1e9))
        };
        series.push(Series { name: format!("{engine}: parse"), points: drawn.iter().filter_map(of).collect(), colour: *colour });
    }
    series
}

/// A power of ten in nanoseconds, for an axis.
fn round_time(nanoseconds: f64) -> String {
    let (number, unit) = match nanoseconds {
        ..999.0 => (nanoseconds, "ns"),
        ..999e3 => (nanoseconds / 1e3, "µs"),
        ..999e6 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    format!("{number:.0} {unit}")
}

/// A plot of lines through points of statements and nanoseconds, both axes logarithmic. The legend goes where these lines do not.
fn draw(path: &Path, title: &str, legend: SeriesLabelPosition, mut series: Vec<Series>) -> Result<(), String> {
    series.retain(|line| !line.points.is_empty());
    let all = || series.iter().flat_map(|line| &line.points);
    let (left, right) = all().fold((f64::MAX, 0.0_f64), |(least, most), point| (least.min(point.0), most.max(point.0)));
    let (low, high) = all().fold((f64::MAX, 0.0_f64), |(least, most), point| (least.min(point.1), most.max(point.1)));
    let area = SVGBackend::new(path, (900, 520)).into_drawing_area();
    let drawn = || -> Result<(), Box<dyn std::error::Error + '_>> {
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(70)
            .build_cartesian_2d(((left * 0.8)..(right * 1.3)).log_scale(), ((low * 0.6)..(high * 2.0)).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("statements")
            .y_desc("time")
            .x_label_formatter(&|x| grouped(*x as u64))
            .y_label_formatter(&|y| round_time(*y))
            .label_style(("sans-serif", 13))
            .light_line_style(RGBColor(235, 235, 235))
            .draw()?;
        for line in &series {
            let colour = line.colour;
            chart
                .draw_series(LineSeries::new(line.points.iter().copied(), colour.stroke_width(2)).point_size(3))?
                .label(line.name.clone())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(legend.clone())
            .background_style(WHITE.mix(0.85))
            .border_style(RGBColor(200, 200, 200))
            .label_font(("sans-serif", 13))
            .draw()?;
        area.present()?;
        Ok(())
    };
    drawn().map_err(|error| format!("{}: {error}", path.display()))
}
