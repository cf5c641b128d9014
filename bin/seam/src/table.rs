//! Tables for people: columns under headings.

use std::io::{Result, Write};

/// Writes rows under headings, each column as wide as its widest cell, right-aligned.
pub(crate) fn write<const N: usize>(
    out: &mut impl Write,
    headings: [&str; N],
    rows: &[[String; N]],
) -> Result<()> {
    aligned(out, headings, rows, |cell, width| format!("{cell:>width$}"))
}

/// The same, left-aligned.
pub(crate) fn write_left<const N: usize>(
    out: &mut impl Write,
    headings: [&str; N],
    rows: &[[String; N]],
) -> Result<()> {
    aligned(out, headings, rows, |cell, width| format!("{cell:<width$}"))
}

fn aligned<const N: usize>(
    out: &mut impl Write,
    headings: [&str; N],
    rows: &[[String; N]],
    pad: impl Fn(&str, usize) -> String,
) -> Result<()> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].len());
        cells.chain([headings[column].len()]).max().unwrap_or_default()
    });
    let mut line = |cells: [&str; N]| {
        let cells = cells.iter().zip(widths).map(|(cell, width)| pad(cell, width));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    line(headings)?;
    rows.iter().try_for_each(|row| line(std::array::from_fn(|column| row[column].as_str())))
}
