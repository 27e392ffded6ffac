//! The goals, and what this run says of each. A goal that is missed is said so; nothing fails.

use serde::Serialize;

use crate::cell::{Cell, Sample};
use crate::fleet::Who;
use crate::rows::{self, keep, new};
use crate::stats::Spread;
use crate::wrk::Mode;

/// A goal and its figure.
#[derive(Serialize)]
pub struct Goal {
    /// What is to be reached.
    pub what: &'static str,
    /// The limit.
    pub goal: f64,
    /// Of the limit and the figure.
    pub unit: &'static str,
    /// Whether the figure is to be above the limit, or below.
    pub is_least: bool,
    /// None if it was not measured.
    pub figure: Option<Spread>,
}

impl Goal {
    /// By the median; none if it was not measured.
    pub fn is_met(&self) -> Option<bool> {
        let median = self.figure?.median;
        Some(if self.is_least { median >= self.goal } else { median < self.goal })
    }

    /// In a word.
    pub fn verdict(&self) -> &'static str {
        match self.is_met() {
            Some(true) => "met",
            Some(false) => "NOT MET",
            None => "not measured",
        }
    }
}

/// All goals.
pub fn evaluate(cells: &[Cell<'_>], start: Option<Spread>) -> Vec<Goal> {
    let find = |row: &str, who: Who, mode: Mode| {
        cells.iter().find(|cell| cell.row == row && cell.who == who && cell.mode == mode)
    };
    let ratio = |row: &str, mode: Mode, against: Who, of: fn(&Sample) -> f64| {
        find(row, Who::Application, mode)?.ratio(find(row, against, mode)?, of)
    };
    let rate = |sample: &Sample| sample.rate;
    let bytes = |sample: &Sample| sample.bytes;
    let at_64 = find(rows::GRANTED, Who::Application, keep(64));
    let least = |what, goal, figure| Goal { what, goal, unit: "×", is_least: true, figure };
    let most = |what, goal, unit, figure| Goal { what, goal, unit, is_least: false, figure };
    let store =
        |who| find(rows::KEPT, who, keep(16))?.ratio(find(rows::KEPT, Who::Application, keep(16))?, rate);
    let granted = |mode, against| ratio(rows::GRANTED, mode, against, rate);
    vec![
        least(
            "validate, 16 connections, against Python with one worker",
            100.0,
            granted(keep(16), Who::Python),
        ),
        least("validate, 16 connections, against native", 0.50, granted(keep(16), Who::Native)),
        least("validate, 16 connections, against Spin", 5.0, granted(keep(16), Who::Spin)),
        least("validate, a new connection each time, against native", 0.60, granted(new(16), Who::Native)),
        most(
            "p99 of validate on 64 connections, against its p50",
            4.0,
            "×",
            at_64.and_then(|cell| cell.spread(|sample| sample.p99 / sample.p50)),
        ),
        least(
            "frame of 512 KiB, bytes a second, against nginx proxying Orthanc",
            0.70,
            ratio(rows::FRAME_REAL, keep(16), Who::Nginx, bytes),
        ),
        least(
            "Orthanc's JSON de-identified, against native",
            0.50,
            ratio(rows::ORTHANC_JSON, keep(1), Who::Native, bytes),
        ),
        least(
            "DICOM JSON de-identified, against native",
            0.50,
            ratio(rows::DICOM_JSON, keep(1), Who::Native, bytes),
        ),
        least("validate with the store in SQLite, against none", 0.667, store(Who::Sqlite)),
        least("validate with the store in Redis, against none", 0.667, store(Who::Redis)),
        most(
            "memory of the server on 64 connections, validate",
            150.0,
            "MB",
            at_64.and_then(|cell| cell.spread(|sample| sample.peak)),
        ),
        most("memory of the server on 64 connections, any row", 150.0, "MB", largest_at_64(cells)),
        most("start to first answer, components compiled before", 100.0, "ms", start),
    ]
}

/// An instance that is kept, keeps its memory: later rows have what earlier ones needed.
fn largest_at_64(cells: &[Cell<'_>]) -> Option<Spread> {
    let mine = cells.iter().filter(|cell| cell.who == Who::Application && cell.mode == keep(64));
    let peaks = mine.filter_map(|cell| cell.spread(|sample| sample.peak));
    peaks.max_by(|one, other| one.median.total_cmp(&other.median))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_its_side_of_the_limit() {
        let figure = |median| Some(Spread { median, min: 0.0, max: 1e9 });
        let goal = |is_least, figure| Goal { what: "", goal: 2.0, unit: "", is_least, figure }.verdict();
        assert_eq!(goal(true, figure(2.0)), "met");
        assert_eq!(goal(true, figure(1.9)), "NOT MET");
        assert_eq!(goal(false, figure(1.9)), "met");
        assert_eq!(goal(false, figure(2.0)), "NOT MET");
        assert_eq!(goal(false, None), "not measured");
        assert!(evaluate(&[], None).iter().all(|goal| goal.is_met().is_none()));
    }
}
