//! How many tests passed, failed and were skipped, read from the closing lines of the runners.
//! Both forms are stable and made for people: `Summary [ 0.1s] 3 tests run: …` and `test result: ok. …`.

use std::fmt;
use std::ops::AddAssign;

/// Passed, failed, skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    /// Reads a line of cargo-nextest's or cargo test's output; none if it is no closing line.
    /// nextest repeats the closing line of each test that failed, indented: it is in the sum already.
    pub fn parse(line: &str) -> Option<Self> {
        if let Some(rest) = line.trim_start().strip_prefix("Summary [") {
            let (_, counts) = rest.split_once("run: ")?;
            Some(Self::from_parts(without_parentheses(counts).split(',')))
        } else {
            let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
            Some(Self::from_parts(counts.split(';')))
        }
    }

    /// Each part is a number and what it counts: `2 failed`, `1 timed out`, `2 tests and 1 binary skipped`.
    fn from_parts<'a>(parts: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = Self::default();
        for part in parts {
            let Some((number, what)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what.trim() {
                "passed" => counts.passed += number,
                "failed" | "exec failed" | "timed out" => counts.failed += number,
                "ignored" => counts.skipped += number,
                skipped if skipped.ends_with("skipped") => counts.skipped += number,
                _ => {}
            }
        }
        counts
    }
}

/// nextest puts in parentheses what is counted among the passed or failed already: `3 passed (1 slow, 1 leaky)`.
fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|character| match character {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_read() {
        let cases = [
            ("     Summary [   0.009s] 3 tests run: 3 passed, 0 skipped", (3, 0, 0)),
            (
                "     Summary [   1.2s] 4 tests run: 3 passed (1 slow, 1 leaky), 1 failed, 2 skipped",
                (3, 1, 2),
            ),
            (
                "Summary [ 60.0s] 9/12 tests run: 6 passed, 1 failed, 1 exec failed, 1 timed out, 5 skipped",
                (6, 3, 5),
            ),
            ("Summary [ 0.1s] 1 test run: 1 passed, 2 tests and 1 binary skipped", (1, 0, 2)),
            (
                "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s",
                (5, 0, 1),
            ),
            (
                "test result: FAILED. 0 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s",
                (0, 2, 0),
            ),
        ];
        for (line, (passed, failed, skipped)) in cases {
            assert_eq!(Counts::parse(line), Some(Counts { passed, failed, skipped }), "{line}");
        }
    }

    #[test]
    fn other_lines_are_not() {
        for line in [
            "",
            "running 3 tests",
            "test a ... ok",
            "Summary",
            "test result: unknown",
            "PASS [ 0.1s] a b",
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 44 filtered out; finished in 2s",
        ] {
            assert_eq!(Counts::parse(line), None, "{line}");
        }
    }
}
