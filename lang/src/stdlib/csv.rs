//! Tables as text: comma-separated values with a header row, RFC 4180.

use super::scan::{constant, is_name, type_named, type_names, value_as};
use super::strings::made;
use super::{BadArgument, Function, MAX_PATTERN_BYTES, Needs, list, text, wrong};
use crate::types::{Field, RecordType, Type};
use crate::value::{MAX_TEXT_BYTES, Value, text_too_long};
use std::sync::Arc;

/// The longest text that is read as CSV, in bytes.
pub const MAX_CSV_BYTES: usize = 16 * 1024 * 1024;

/// The most cells of a table that is read or written.
pub const MAX_CSV_CELLS: usize = 1_000_000;

/// The most columns that are declared.
const MAX_COLUMNS: usize = 256;

#[rustfmt::skip]
pub(super) static OF_TEXT: &[Function] = &[
    Function {
        name: "parse_csv",
        signature: "string.parse_csv(columns: string) -> [{ name: type, … }]",
        doc: "The rows of a table with a header, of each the columns that the constant text declares: `name`, `name: type`, `name: type? from Header`; fails where a column is missing or a cell is not of its type.",
        example: (r#""id,dose\nA,2.5\nB,\n".parse_csv("id, dose: float?")"#, r#"[{ id: "A", dose: 2.5 }, { id: "B", dose: null }]"#),
        check: rows_type,
        needs: Needs::Whole,
        pattern: None,
        eval: |s, a| parse(text(s)?, text(&a[0])?),
    },
];

#[rustfmt::skip]
pub(super) static OF_LISTS: &[Function] = &[
    Function {
        name: "to_csv",
        signature: "[record].to_csv() -> string",
        doc: "The records as a table with a header of all their fields, lines ended by a line feed; null is an empty cell.",
        example: (r#"[{ a: 1, b: "x,y" }].to_csv()"#, r#""a,b\n1,\"x,y\"\n""#),
        check: table_type,
        needs: Needs::Whole,
        pattern: None,
        eval: |l, _| write(list(l)?),
    },
];

/// A column that is wanted.
struct Column<'c> {
    name: &'c str,
    header: &'c str,
    ty: Type,
    optional: bool,
}

fn rows_type(_: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    let columns = columns(constant(args)?).map_err(|reason| BadArgument::Value { index: 0, reason })?;
    let ty = |column: &Column<'_>| match column.optional {
        true => column.ty.clone().optional(),
        false => column.ty.clone(),
    };
    let fields = columns.iter().map(|column| Field { name: column.name.into(), optional: false, ty: ty(column) });
    Ok(Type::list(Type::Record(Arc::new(RecordType { name: None, fields: fields.collect(), is_open: false }))))
}

fn columns(declared: &str) -> Result<Vec<Column<'_>>, String> {
    if declared.len() > MAX_PATTERN_BYTES {
        return Err(format!("the declaration has more than {MAX_PATTERN_BYTES} bytes"));
    }
    let mut columns: Vec<Column<'_>> = Vec::new();
    for part in declared.split(',') {
        let column = column(part)?;
        if columns.iter().any(|other| other.name == column.name) {
            return Err(format!("the column `{}` is declared twice", column.name));
        }
        columns.push(column);
    }
    match columns.len() > MAX_COLUMNS {
        true => Err(format!("more than {MAX_COLUMNS} columns are declared")),
        false => Ok(columns),
    }
}

/// `name`, `name: type`, `name: type?`, each with ` from Header` where the header is another than the name.
fn column(declared: &str) -> Result<Column<'_>, String> {
    let (head, header) = match declared.split_once(" from ") {
        Some((head, header)) => (head, Some(header.trim())),
        None => (declared, None),
    };
    let (name, ty) = head.split_once(':').map_or((head, "string"), |(name, ty)| (name, ty));
    let (name, ty) = (name.trim(), ty.trim());
    if !is_name(name) {
        return Err(format!("`{}` declares no column: `name: type`", declared.trim()));
    }
    let (ty, optional) = ty.strip_suffix('?').map_or((ty, false), |ty| (ty, true));
    let ty = type_named(ty).ok_or_else(|| format!("`{ty}` is no type of a column; there are {}", type_names()))?;
    Ok(Column { name, header: header.unwrap_or(name), ty, optional })
}

fn parse(whole: &str, declared: &str) -> Result<Value, String> {
    if whole.len() > MAX_CSV_BYTES {
        return Err(format!("a text of more than {} MiB is not read as CSV", MAX_CSV_BYTES >> 20));
    }
    let columns = columns(declared)?;
    let whole = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    let mut reader = csv::ReaderBuilder::new().from_reader(whole.as_bytes());
    let places = places(reader.headers().map_err(no_csv)?, &columns)?;
    let mut rows = Vec::new();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(no_csv)? {
        if (rows.len() + 1) * columns.len() > MAX_CSV_CELLS {
            return Err(format!("the table has more than {MAX_CSV_CELLS} cells"));
        }
        let line = row.position().map_or(0, csv::Position::line);
        let cells = columns.iter().zip(&places).map(|(column, place)| {
            cell(column, row.get(*place).unwrap_or_default()).map_err(|reason| format!("line {line}: {reason}"))
        });
        let cells = cells.collect::<Result<Vec<_>, String>>()?;
        rows.push(Value::record(columns.iter().map(|column| column.name).zip(cells)));
    }
    Ok(Value::list(rows))
}

/// Where each column stands.
fn places(header: &csv::StringRecord, columns: &[Column<'_>]) -> Result<Vec<usize>, String> {
    let place = |column: &Column<'_>| {
        let mut found = header.iter().enumerate().filter(|(_, name)| name.trim() == column.header);
        match (found.next(), found.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("the table has two columns `{}`", column.header)),
            (None, _) => Err(format!("the table has no column `{}`", column.header)),
        }
    };
    columns.iter().map(place).collect()
}

fn cell(column: &Column<'_>, text: &str) -> Result<Value, String> {
    // Blanks around a text may be meant; around anything else they are not.
    let text = if column.ty == Type::String { text } else { text.trim() };
    match text.is_empty() && column.optional {
        true => Ok(Value::Null),
        false => value_as(&column.ty, text)
            .ok_or_else(|| format!("`{}` is no {}: {}", column.name, column.ty, Value::string(text).describe())),
    }
}

fn no_csv(error: csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has {len} cells, the header has {expected_len}")
        }
        _ => format!("the text is no CSV: {error}"),
    }
}

fn table_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    let is_cell = |ty: &Type| {
        ty.members().iter().all(|member| match member {
            Type::Form(form) => *form != crate::forms::Form::Bytes,
            Type::Null | Type::Error => true,
            other => [Type::String, Type::Float, Type::Bool].iter().any(|kind| other.is_subtype(kind)),
        })
    };
    let is_row = |ty: &Type| match ty {
        Type::Record(record) => record.fields.iter().all(|field| is_cell(&field.ty)),
        _ => false,
    };
    match super::lists::element(receiver).members().iter().all(is_row) {
        true => super::takes(args, &[], 0, Type::String),
        false => Err(BadArgument::Type {
            index: None,
            expected: "a list of records of texts, numbers, Booleans and times".into(),
        }),
    }
}

fn write(rows: &[Value]) -> Result<Value, String> {
    let mut names: Vec<&str> = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for row in rows {
        let Value::Record(record) = row else { return Err(wrong("a record", row)) };
        names.extend(record.iter().map(|(name, _)| name.as_str()).filter(|name| known.insert(*name)));
    }
    if names.is_empty() {
        return Ok(Value::string(""));
    }
    if names.len().saturating_mul(rows.len()) > MAX_CSV_CELLS {
        return Err(format!("the table has more than {MAX_CSV_CELLS} cells"));
    }
    let mut table = csv::WriterBuilder::new().from_writer(Vec::new());
    let failed = |error: csv::Error| format!("the table cannot be written: {error}");
    table.write_record(&names).map_err(failed)?;
    let mut size = 0;
    for row in rows {
        for name in &names {
            let cell = cell_text(row.get(name))?;
            size += cell.len();
            if size > MAX_TEXT_BYTES {
                return Err(text_too_long());
            }
            table.write_field(&cell).map_err(failed)?;
        }
        table.write_record(None::<&[u8]>).map_err(failed)?;
    }
    let bytes = table.into_inner().map_err(|error| format!("the table cannot be written: {error}"))?;
    made(String::from_utf8(bytes).expect("all cells are UTF-8"))
}

fn cell_text(value: Option<&Value>) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(value) => value.text().ok_or_else(|| wrong("a text, a number, a Boolean or a time", value)),
    }
}
