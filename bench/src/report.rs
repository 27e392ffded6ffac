//! The figures as tables in Markdown: the same on the terminal and in docs/performance.md.

use crate::cell::Cell;
use crate::fleet::Who;
use crate::goals::Goal;
use crate::growth::Curve;
use crate::results::{InProcess, Results};
use crate::rows;
use crate::stats::Spread;

/// All tables.
pub fn render(results: &Results<'_>) -> String {
    let mut text = format!("{}\n\n", results.machine);
    text += &goals(&results.goals);
    text += "\n";
    text += &cells(&results.cells);
    text += "\n";
    text += &de_identification(results);
    text += "\n";
    text += &growth(&results.curves);
    for left_out in &results.left_out {
        text += &format!("\nNot measured: {left_out}.\n");
    }
    let errors: u64 = results.cells.iter().flat_map(|cell| &cell.samples).map(|sample| sample.errors).sum();
    text += &format!("\nErrors in all rows: {errors}.\n");
    text
}

fn goals(goals: &[Goal]) -> String {
    let rows = goals.iter().map(|goal| {
        let unit = goal.unit;
        let limit =
            format!("{} {} {unit}", if goal.is_least { "at least" } else { "under" }, plain(goal.goal));
        let figure = goal.figure.map_or("-".to_owned(), |figure| format!("{} {unit}", spread(figure)));
        vec![goal.what.to_owned(), limit, figure, goal.verdict().to_owned()]
    });
    table(&["goal", "limit", "this run", ""], rows.collect())
}

fn cells(cells: &[Cell<'_>]) -> String {
    let rows = cells.iter().map(|cell| {
        let native = cells
            .iter()
            .find(|other| other.row == cell.row && other.mode == cell.mode && other.who == Who::Native)
            .filter(|other| other.who != cell.who)
            .and_then(|other| cell.ratio(other, |sample| sample.rate));
        let figure = |of: fn(&crate::cell::Sample) -> f64| cell.spread(of).map_or("-".to_owned(), spread);
        let middle = |of: fn(&crate::cell::Sample) -> f64| {
            cell.spread(of).map_or("-".to_owned(), |spread| plain(spread.median))
        };
        vec![
            cell.row.to_owned(),
            cell.who.name().to_owned(),
            cell.mode.to_string(),
            figure(|sample| sample.rate),
            native.map_or(String::new(), |ratio| plain(ratio.median)),
            middle(|sample| sample.p50),
            middle(|sample| sample.p99),
            middle(|sample| sample.cpu),
            cell.spread(|sample| sample.peak).map_or("-".to_owned(), |peak| plain(peak.max)),
        ]
    });
    let head = [
        "row",
        "by",
        "connections",
        "requests/s",
        "× native",
        "p50 µs",
        "p99 µs",
        "CPU µs/request",
        "peak MB",
    ];
    table(&head, rows.collect())
}

/// MB are of what goes in.
fn de_identification(results: &Results<'_>) -> String {
    let find = |row: &str, who: Who| results.cells.iter().find(|cell| cell.row == row && cell.who == who);
    let line = |InProcess { row, input, alone }: &InProcess| {
        let (wasm, native) = (find(row, Who::Application)?, find(row, Who::Native)?);
        let megabytes = *input as f64 / 1e6;
        // A part of an answer counts as such: few are whole within a second.
        let speed = |cell: &Cell<'_>| cell.spread(|sample| sample.bytes / cell.body as f64 * megabytes);
        let cpu = |cell: &Cell<'_>| cell.spread(|sample| sample.cpu / 1e3 / megabytes);
        Some(vec![
            (*row).to_owned(),
            spread(speed(wasm)?),
            spread(speed(native)?),
            spread(wasm.ratio(native, |sample| sample.bytes)?),
            plain(cpu(wasm)?.median),
            plain(cpu(native)?.median),
            spread(native.ratio(wasm, |sample| sample.cpu)?),
            alone.map_or("-".to_owned(), spread),
        ])
    };
    let head = [
        "",
        "MB/s",
        "MB/s native",
        "ratio",
        "CPU ms/MB",
        "CPU ms/MB native",
        "CPU ratio",
        "MB/s native, in process",
    ];
    table(&head, results.in_process.iter().filter_map(line).collect())
}

fn growth(curves: &[Curve]) -> String {
    let rows = curves.iter().map(|curve| {
        let point = |(x, spread): &(f64, Spread)| format!("{}: {}", plain(*x), plain(spread.median));
        let points: Vec<_> = curve.points.iter().map(point).collect();
        let shape = curve.shape.map(|shape| {
            [format!("{:.2}", shape.exponent), format!("{:.2}", shape.last), shape.word().to_owned()]
        });
        let [all, last, word] = shape.unwrap_or_default();
        let unit = if curve.unit.is_empty() { String::new() } else { format!(" ({})", curve.unit) };
        vec![format!("{}{unit}", curve.what), points.join(", "), all, last, word]
    });
    table(&["growth", "at", "exponent", "of the last step", "shape"], rows.collect())
}

/// A median with its spread.
pub fn spread(spread: Spread) -> String {
    format!("{} ({} – {})", plain(spread.median), plain(spread.min), plain(spread.max))
}

/// Three digits that count; thousands are whole.
fn plain(number: f64) -> String {
    match number.abs() {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// Aligned, so that it is readable as it is.
fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let width = |at: usize| {
        let cells = rows.iter().chain([&head]).filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} |"));
        format!("|{}\n", cells.collect::<String>())
    };
    let rule: String = widths.iter().map(|width| format!(" {} |", "-".repeat(*width))).collect();
    let body: String = rows.iter().map(line).collect();
    format!("{}|{rule}\n{body}", line(&head))
}

/// The rows of [`de_identification`] beside the path that does the same in one process.
pub const DE_IDENTIFIED: [(&str, &str); 3] = [
    (rows::DICOM_JSON, "deid-dicom-json"),
    (rows::ORTHANC_JSON, "deid-orthanc-json"),
    (rows::FILES, "deid-dicom-file-512-kib"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_and_numbers_short() {
        let rows = vec![vec!["µ".to_owned(), "1".to_owned()], vec!["long".to_owned(), "22".to_owned()]];
        let expected = "| a    | b   |\n| ---- | --- |\n| µ    | 1   |\n| long | 22  |\n";
        assert_eq!(table(&["a", "b"], rows), expected);
        let numbers = [(0.456, "0.46"), (45.67, "45.7"), (4567.8, "4568"), (-0.456, "-0.46")];
        for (number, text) in numbers {
            assert_eq!(plain(number), text);
        }
    }
}
