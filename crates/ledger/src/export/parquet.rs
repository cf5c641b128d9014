//! Lines as a Parquet file: a row group at a time is in memory.

use super::{COLUMNS, ExportError, values};
use crate::books::{Books, BooksError, Filter, Line};
use ::parquet::{
    data_type::{ByteArray, ByteArrayType, Int64Type},
    file::writer::{SerializedColumnWriter, SerializedFileWriter},
    schema::parser::parse_message_type,
};
use std::{io::Write, sync::Arc};

/// Lines of a row group.
const ROW_GROUP: usize = 16_384;

/// The first columns are whole numbers; the rest is text.
const NUMBERS: usize = 5;

/// Those that a line may lack.
const OPTIONAL: [&str; 3] = ["tx_index", "tx_hash", "log_index"];

pub(super) async fn export(
    books: &Books,
    filter: Filter,
    out: &mut (impl Write + Send),
) -> Result<u64, ExportError> {
    let schema = Arc::new(parse_message_type(&schema())?);
    let mut writer = SerializedFileWriter::new(out, schema, Arc::default())?;
    let mut stream = books.stream(filter).await?;
    let (mut waiting, mut count): (Vec<Line>, u64) = (Vec::new(), 0);
    loop {
        let lines = stream.next().await?;
        let over = lines.is_empty();
        count += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        waiting.extend(lines);
        if waiting.len() >= ROW_GROUP || (over && !waiting.is_empty()) {
            row_group(&mut writer, &waiting)?;
            waiting.clear();
        }
        if over {
            writer.close()?;
            return Ok(count);
        }
    }
}

fn schema() -> String {
    let column = |(place, name): (usize, &&str)| {
        let repetition = if OPTIONAL.contains(name) { "OPTIONAL" } else { "REQUIRED" };
        let kind = if place < NUMBERS { "INT64" } else { "BYTE_ARRAY" };
        let text = if place < NUMBERS { "" } else { " (UTF8)" };
        format!("{repetition} {kind} {name}{text};")
    };
    let columns: Vec<String> = COLUMNS.iter().enumerate().map(column).collect();
    format!("message line {{ {} }}", columns.join(" "))
}

fn row_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    lines: &[Line],
) -> Result<(), ExportError> {
    let rows = lines.iter().map(values).collect::<Result<Vec<_>, _>>()?;
    let mut group = writer.next_row_group()?;
    let mut place = 0;
    while let Some(mut column) = group.next_column()? {
        let cells = rows.iter().map(|row| row.get(place).cloned().flatten());
        if place < NUMBERS {
            numbers(&mut column, cells)?;
        } else {
            texts(
                &mut column,
                cells,
                COLUMNS.get(place).is_some_and(|name| OPTIONAL.contains(name)),
            )?;
        }
        column.close()?;
        place += 1;
    }
    group.close()?;
    Ok(())
}

fn numbers(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Option<String>>,
) -> Result<(), ExportError> {
    let number = |cell: Option<String>| {
        let text = cell.unwrap_or_default();
        text.parse().map_err(|_| BooksError::Damaged(format!("{text} is no number of 63 bits")))
    };
    let numbers = cells.map(number).collect::<Result<Vec<i64>, _>>()?;
    column.typed::<Int64Type>().write_batch(&numbers, None, None)?;
    Ok(())
}

fn texts(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Option<String>>,
    optional: bool,
) -> Result<(), ExportError> {
    let cells: Vec<Option<String>> = cells.collect();
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let texts: Vec<ByteArray> =
        cells.into_iter().flatten().map(|text| ByteArray::from(text.into_bytes())).collect();
    column.typed::<ByteArrayType>().write_batch(&texts, optional.then_some(&levels[..]), None)?;
    Ok(())
}
