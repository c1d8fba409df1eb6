//! A call of a tool whose results come in pages ⟶ all of its pages, asked for one after the other, as one result.

use super::{Args, Future_, ToolError};
use planc_lang::catalogue::Paged;
use planc_lang::conform::check_value;
use planc_lang::value::Value;
use std::collections::BTreeSet;

/// How large all pages of a call may be together, as JSON, in bytes.
pub const MAX_JOINED_BYTES: usize = 64 << 20;

/// Makes the call, and those for further pages. `call` makes one; before each but the first it waits for its turn.
pub async fn follow<'a>(
    args: &Args,
    call: &(dyn Fn(Args, Turn) -> Future_<'a, Result<Value, ToolError>> + Send + Sync),
) -> Result<Value, ToolError> {
    let first = call(args.clone(), Turn::First).await?;
    match &args.tool.paged {
        Some(paged) => rest(args, paged, first, call).await,
        None => Ok(first),
    }
}

/// Whether a call is the one that was asked for, or one that follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is.
    First,
    /// It is not: nobody waited for its turn yet.
    Further,
}

async fn rest<'a>(
    args: &Args,
    paged: &Paged,
    first: Value,
    call: &(dyn Fn(Args, Turn) -> Future_<'a, Result<Value, ToolError>> + Send + Sync),
) -> Result<Value, ToolError> {
    let tool = &args.tool.name;
    let mut pages = vec![sound(args, first)?];
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    while let Some(next) = pages.last().and_then(|page| next_of(page, paged)) {
        if pages.len() >= paged.at_most as usize {
            let most = paged.at_most;
            return Err(ToolError::before(format!(
                "`{tool}` has more than {most} pages, and at most {most} are followed"
            )));
        }
        if !seen.insert(next.to_string()) {
            return Err(ToolError::before(format!("the pages of `{tool}` lead in a circle: {next} comes again")));
        }
        bytes += pages.last().and_then(|page| serde_json::to_vec(page).ok()).map_or(0, |page| page.len());
        if bytes > MAX_JOINED_BYTES {
            return Err(ToolError::before(format!("the pages of `{tool}` have more than {MAX_JOINED_BYTES} bytes")));
        }
        let mut further = args.clone();
        further.values[paged.param] = next;
        pages.push(sound(args, call(further, Turn::Further).await?)?);
    }
    Ok(joined(pages, paged))
}

/// A page that is of the declared type: what names the next one is believed only then.
fn sound(args: &Args, page: Value) -> Result<Value, ToolError> {
    match check_value(&page, &args.tool.result) {
        Ok(()) => Ok(page),
        Err(misfit) => Err(ToolError::done(format!("the result of `{}` is not of its type: {misfit}", args.tool.name))),
    }
}

/// What names the next page; none: there is none.
fn next_of(page: &Value, paged: &Paged) -> Option<Value> {
    let next = paged.next.iter().try_fold(page, |value, name| value.get(name))?;
    match next {
        Value::Null => None,
        text if text.as_str() == Some("") => None,
        next => Some(next.clone()),
    }
}

/// The last page, with the lists of all.
fn joined(mut pages: Vec<Value>, paged: &Paged) -> Value {
    let Some(last) = pages.pop() else { return Value::Null };
    let Value::Record(record) = &last else { return last };
    let all = |name: &str| -> Value {
        let lists = pages.iter().chain([&last]).filter_map(|page| page.get(name)?.as_list());
        Value::list(lists.flatten().cloned().collect::<Vec<_>>())
    };
    let mut fields: Vec<_> = record
        .iter()
        .map(|(name, value)| {
            let is_list = paged.lists.contains(name);
            (name.clone(), if is_list { all(name) } else { value.clone() })
        })
        .collect();
    // A list that the last page leaves out, others may have.
    for name in paged.lists.iter().filter(|name| record.get(name).is_none()) {
        if pages.iter().any(|page| page.get(name).is_some_and(|list| list.as_list().is_some())) {
            fields.push((name.clone(), all(name)));
        }
    }
    Value::record(fields)
}
