//! The text of a regular expression ⟶ the expression, within limits, or what is wrong with it.
//!
//! The syntax is that of the `regex` crate; a match takes linear time.

use regex::{Regex, RegexBuilder};
use std::cell::RefCell;

/// The longest regular expression, in bytes.
pub const MAX_PATTERN_BYTES: usize = 4096;

/// The most memory that a compiled regular expression takes, in bytes.
pub const MAX_REGEX_BYTES: usize = 1024 * 1024;

/// How many compiled expressions are kept, so that a comprehension does not compile one for each element.
const KEPT: usize = 8;

/// Compiles a regular expression within [`MAX_PATTERN_BYTES`] and [`MAX_REGEX_BYTES`]; the phrase says what is wrong
/// with it.
pub fn regex(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(format!("the regular expression has more than {MAX_PATTERN_BYTES} bytes"));
    }
    RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).nest_limit(64).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the regular expression is too large when compiled".to_owned(),
        // The last line says what, those before it draw where.
        error => {
            let shown = error.to_string();
            let reason = shown.lines().last().unwrap_or_default();
            format!("the regular expression is not valid: {}", reason.trim_start_matches("error: "))
        }
    })
}

/// As [`regex`], but one of the last few is not compiled again. Only speed depends on what is kept.
pub(crate) fn compiled(pattern: &str) -> Result<Regex, String> {
    thread_local! {
        static LAST: RefCell<Vec<Regex>> = const { RefCell::new(Vec::new()) };
    }
    LAST.with_borrow_mut(|last| {
        if let Some(at) = last.iter().position(|kept| kept.as_str() == pattern) {
            return Ok(last[at].clone());
        }
        let compiled = regex(pattern)?;
        last.truncate(KEPT - 1);
        last.insert(0, compiled.clone());
        Ok(compiled)
    })
}
