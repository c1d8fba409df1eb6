//! Values that a person answers for ⟶ text that shows them whole and as they are: every character that is not plain ASCII
//! stands as its number, so that nothing looks like something else, hides, or turns what stands around it.

use super::text::{Paint, Tone, inline};
use crate::event::{LateKind, LateValue};
use planc_lang::plan::ReleaseKind;
use planc_lang::value::Value;
use std::collections::BTreeMap;

/// The most characters outside of ASCII that are listed by themselves.
const MAX_LISTED: usize = 24;

/// What stands for a value that is not known before the run.
pub const KNOWN_LATER: &str = "known during the run, which stops there and asks";

/// A value on one line, quoted, in ASCII.
pub fn exact(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::List(items) => format!("[{}]", items.iter().map(exact).collect::<Vec<_>>().join(", ")),
        Value::Record(record) if record.is_empty() => "{}".to_owned(),
        Value::Record(record) => {
            let name = |name: &str| match name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                true => name.to_owned(),
                false => quoted(name),
            };
            let fields = record.iter().map(|(field, value)| format!("{}: {}", name(field), exact(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Formed(_) | Value::Unknown(_) => {
            value.to_string()
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out
}

/// What of a value is not ASCII: each character with its number and how often it occurs; none where there is nothing.
pub fn foreign(value: &Value) -> Option<String> {
    let mut found: BTreeMap<char, usize> = BTreeMap::new();
    count(value, &mut found);
    if found.is_empty() {
        return None;
    }
    let one = |(c, times): (&char, &usize)| {
        // A character that could act on what stands around it is told by its number only.
        let shown = if inline(&c.to_string()).starts_with('\\') { String::new() } else { format!("{c} ") };
        format!("{shown}U+{:04X}{}", u32::from(*c), if *times > 1 { format!(" ×{times}") } else { String::new() })
    };
    let mut listed: Vec<String> = found.iter().take(MAX_LISTED).map(one).collect();
    if found.len() > MAX_LISTED {
        listed.push(format!("{} more", found.len() - MAX_LISTED));
    }
    Some(format!("not ASCII: {}", listed.join(", ")))
}

fn count(value: &Value, found: &mut BTreeMap<char, usize>) {
    let mut text = |text: &str| {
        let strange = text.chars().filter(|c| !matches!(c, ' '..='~' | '\n' | '\t'));
        strange.for_each(|c| *found.entry(c).or_default() += 1);
    };
    match value {
        Value::String(content) => text(content),
        Value::List(items) => items.iter().for_each(|item| count(item, found)),
        Value::Record(record) => {
            record.iter().for_each(|(name, _)| text(name));
            record.iter().for_each(|(_, value)| count(value, found));
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Formed(_) | Value::Unknown(_) => {}
    }
}

/// A release in a word, for headings and lists.
pub fn word(kind: ReleaseKind) -> &'static str {
    match kind {
        ReleaseKind::Endorse => "endorsed",
        ReleaseKind::Reveal => "revealed",
    }
}

/// What is asked of late values.
pub fn question(of: &str, values: &[LateValue], paint: Paint) -> String {
    let mut out =
        format!("\n{} {}: known only now, and used only with your yes\n", paint.tone(Tone::Careful, "‖"), inline(of));
    for late in values {
        out.push_str(&format!("\n  {}{}\n", paint.tone(Tone::Strong, escaped(&late.id)), does(late.kind)));
        out.push_str(&format!("    {}\n", exact(&late.value)));
        if let Some(foreign) = foreign(&late.value) {
            out.push_str(&format!("    {} {foreign}\n", paint.tone(Tone::Bad, "!")));
        }
        if let Some(reason) = &late.reason {
            out.push_str(&format!("    the plan's author says: {}\n", quoted(reason)));
        }
        late.from.iter().for_each(|from| out.push_str(&format!("    from  {}\n", inline(from))));
        late.to.iter().for_each(|to| out.push_str(&format!("    to    {}\n", inline(to))));
    }
    out
}

fn does(kind: LateKind) -> &'static str {
    match kind {
        LateKind::Endorse => ", which may then decide what is done",
        LateKind::Reveal => ", a secret that may then go where it is used",
        LateKind::Argument | LateKind::Content => "",
        LateKind::Condition => ", which decides whether something is done",
        LateKind::Line => ", which decides what the plan may touch",
        LateKind::Count => ", which decides how often something is done",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_looks_like_something_else() {
        for hostile in ["\u{1b}[2K", "\u{202e}txt", "раypal", "a\r\nyes", "\u{200b}", "\u{e0041}", "\\u{61}", "\""] {
            let shown = exact(&Value::string(hostile));
            assert!(shown.chars().all(|c| matches!(c, ' '..='~')), "{shown:?}");
            let other = exact(&Value::string(hostile.chars().filter(char::is_ascii).collect::<String>()));
            assert!(hostile.is_ascii() || shown != other, "{shown:?} says the same as {other:?}");
        }
        // What is escaped cannot be had by writing the escape.
        assert_ne!(exact(&Value::string("\u{430}")), exact(&Value::string("\\u{430}")));
        assert_eq!(foreign(&Value::string("plain\n\ttext")), None);
        assert_eq!(foreign(&Value::string("аяя\u{202e}")).as_deref(), Some("not ASCII: U+0430, я U+044F ×2, U+202E"));
    }
}
