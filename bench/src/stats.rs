//! Medians with their spread, and the shape of a curve.

use serde::Serialize;

/// The median of some rounds, with the smallest and the largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one; the mean of the two in the middle where their number is even.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Of these; none of no values, or if one is no number.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let (min, max) = (values[0], values[values.len() - 1]);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Some(Self { median, min, max })
    }
}

/// How a quantity grows with another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shape {
    /// `b` of the best `y = a·x^b` through all points, by least squares of the logarithms.
    pub exponent: f64,
    /// The same through the last two points, where what is constant counts least.
    pub last: f64,
}

impl Shape {
    /// Through these points, by growing `x`; none of fewer than two, or if one is not positive.
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
        let all_finite = logs.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        if logs.len() < 2 || !all_finite {
            return None;
        }
        Some(Self { exponent: slope(&logs), last: slope(&logs[logs.len() - 2..]) })
    }

    /// In a word, by the last step.
    pub fn word(&self) -> &'static str {
        match self.last {
            ..-0.15 => "falling",
            -0.15..0.15 => "constant",
            0.15..0.85 => "less than linear",
            0.85..1.15 => "linear",
            _ => "more than linear",
        }
    }
}

fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let above: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied());
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0]), Some(Spread { median: 2.5, min: 1.0, max: 4.0 }));
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn a_curve_is_called_what_it_is() {
        let curve = |f: fn(f64) -> f64| {
            let points = [1.0, 10.0, 100.0].map(|x| (x, f(x)));
            Shape::of(&points).unwrap()
        };
        type Case = (fn(f64) -> f64, f64, &'static str);
        let cases: [Case; 5] = [
            (|_| 7.0, 0.0, "constant"),
            (|x| 3.0 * x, 1.0, "linear"),
            (|x| x * x, 2.0, "more than linear"),
            (f64::sqrt, 0.5, "less than linear"),
            (|x| 1.0 / x, -1.0, "falling"),
        ];
        for (f, exponent, word) in cases {
            let shape = curve(f);
            assert!(
                (shape.exponent - exponent).abs() < 1e-9 && (shape.last - exponent).abs() < 1e-9,
                "{word}"
            );
            assert_eq!(shape.word(), word);
        }
        // What is constant hides the growth of the first step, not that of the last.
        let shape = curve(|x| 20.0 + 5.0 * x);
        assert!(shape.exponent < 0.75 && shape.last > 0.85, "{shape:?}");
        assert_eq!(Shape::of(&[(1.0, 1.0)]), None);
        assert_eq!(Shape::of(&[(1.0, 0.0), (2.0, 1.0)]), None);
    }
}
