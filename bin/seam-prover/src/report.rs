//! What is printed: one column a block, one row a part.

use std::{collections::BTreeMap, fmt};

use seam_primitives::B256;
use serde::Serialize;

use crate::{Part, Profile, input::Native};

/// How one block was executed in the zkVM.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// The file it came from.
    pub name: String,
    /// The hash that the guest committed to.
    pub hash: B256,
    /// Gas that the block's transactions used.
    pub gas: u64,
    /// Bytes of the guest's input.
    pub input_bytes: usize,
    /// RISC-V instructions executed, extensions' instructions among them.
    pub instructions: u64,
    /// The same for each unit of gas.
    pub instructions_per_gas: f64,
    /// The same by part.
    pub parts: BTreeMap<Part, u64>,
    /// The functions that executed most.
    pub functions: Vec<Function>,
}

/// A function and its instructions.
#[derive(Debug, Clone, Serialize)]
pub struct Function {
    /// Its path.
    pub name: String,
    /// What it executed itself, without what it called.
    pub instructions: u64,
}

impl Run {
    /// From a finished profile.
    pub fn new(
        name: String,
        native: Native,
        input_bytes: usize,
        profile: &Profile<'_>,
        functions: usize,
    ) -> Self {
        let instructions = profile.total();
        let functions = profile.heaviest(functions).into_iter();
        Self {
            name,
            hash: native.hash,
            gas: native.gas,
            input_bytes,
            instructions,
            instructions_per_gas: ratio(instructions, native.gas),
            parts: profile.by_part().clone(),
            functions: functions
                .map(|(name, instructions)| Function { name: name.to_owned(), instructions })
                .collect(),
        }
    }
}

/// A quotient for people; nothing is computed from it.
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The table for people.
#[derive(Debug)]
pub struct Table<'a>(pub &'a [Run]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for run in self.0 {
            writeln!(f, "{}: {}", run.name, run.hash)?;
        }
        row(f, "", self.0.iter().map(|run| run.name.clone()))?;
        row(f, "input bytes", self.0.iter().map(|run| grouped(run.input_bytes as u64)))?;
        row(f, "gas", self.0.iter().map(|run| grouped(run.gas)))?;
        row(f, "instructions", self.0.iter().map(|run| grouped(run.instructions)))?;
        let per_gas = |run: &Run| format!("{:.1}", run.instructions_per_gas);
        row(f, "instructions per gas", self.0.iter().map(per_gas))?;
        for part in Part::ALL {
            let cell =
                |run: &Run| share(run.parts.get(&part).copied().unwrap_or(0), run.instructions);
            row(f, part.title(), self.0.iter().map(cell))?;
        }
        self.functions(f)
    }
}

impl Table<'_> {
    fn functions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for run in self.0.iter().filter(|run| !run.functions.is_empty()) {
            writeln!(f, "\n{}: functions that executed most", run.name)?;
            for function in &run.functions {
                let share = share(function.instructions, run.instructions);
                writeln!(f, "{share:>24}  {}", function.name)?;
            }
        }
        Ok(())
    }
}

/// One row: a title and a cell for each block.
fn row(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    cells: impl Iterator<Item = String>,
) -> fmt::Result {
    write!(f, "{title:<22}")?;
    for cell in cells {
        write!(f, "{cell:>24}")?;
    }
    writeln!(f)
}

fn share(part: u64, whole: u64) -> String {
    format!("{} {:>5.1} %", grouped(part), 100.0 * ratio(part, whole))
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn the_table_has_a_row_for_every_part_and_a_column_for_every_block() {
        let run = Run {
            name: "one".to_owned(),
            hash: B256::repeat_byte(7),
            gas: 200,
            input_bytes: 10,
            instructions: 1_000,
            instructions_per_gas: ratio(1_000, 200),
            parts: BTreeMap::from([(Part::Trie, 250)]),
            functions: Vec::new(),
        };
        let table = Table(&[run.clone(), run]).to_string();
        assert!(table.contains(&B256::repeat_byte(7).to_string()), "{table}");
        assert!(table.lines().any(|line| line.matches("250  25.0 %").count() == 2), "{table}");
        assert!(
            table.lines().any(|line| line.matches("5.0").count() == 2 && line.contains("per gas"))
        );
        for part in Part::ALL {
            assert!(table.contains(part.title()), "{table}");
        }
    }
}
