//! Texts in which a secret may stand ⟶ the same with `(secret)` in its place.
//!
//! This is the second line: what is known to be secret is left out whole where it is shown. What looks for the bytes of
//! secrets cannot find them once somebody has changed them beyond the forms below.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use planc_lang::secrets::HIDDEN;
use planc_lang::value::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

/// Shorter texts are not looked for: they stand everywhere.
pub const MIN_BYTES: usize = 4;

/// Of a secret of several lines, lines at least this long are looked for by themselves.
pub const MIN_LINE_BYTES: usize = 8;

/// The secrets of a run. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    forms: BTreeSet<String>,
    finder: Option<AhoCorasick>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} forms of secrets", self.forms.len())
    }
}

impl Mask {
    /// Learns that a value is secret, with all texts in it.
    pub fn learn(&self, value: &Value) {
        let mut forms = BTreeSet::new();
        texts(value, &mut |text| add_forms(text, &mut forms));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if forms.is_subset(&known.forms) {
            return;
        }
        known.forms.extend(forms);
        known.finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&known.forms).ok();
    }

    /// A text without the secrets in it.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.finder {
            Some(finder) if finder.is_match(text) => {
                let mut out = String::with_capacity(text.len());
                finder.replace_all_with(text, &mut out, |_, _, out| {
                    out.push_str(HIDDEN);
                    true
                });
                Cow::Owned(out)
            }
            Some(_) | None => Cow::Borrowed(text),
        }
    }

    /// A value without the secrets in its texts and names.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::string(&*self.text(text)),
            Value::List(items) => Value::list(items.iter().map(|item| self.value(item)).collect::<Vec<_>>()),
            Value::Record(record) => {
                Value::record(record.iter().map(|(name, item)| (self.text(name).into_owned(), self.value(item))))
            }
            other => other.clone(),
        }
    }
}

fn texts(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Record(record) => record.iter().for_each(|(_, item)| texts(item, found)),
        Value::Null | Value::Bool(_) | Value::Unknown(_) => {}
        other => found(&other.to_string()),
    }
}

fn add_forms(text: &str, forms: &mut BTreeSet<String>) {
    add(text, MIN_BYTES, forms);
    add(text.trim(), MIN_BYTES, forms);
    if text.trim().contains('\n') {
        text.lines().for_each(|line| add(line.trim(), MIN_LINE_BYTES, forms));
    }
}

/// A text as it is, and as it stands in JSON, in a program's quotes, in a URL, in hexadecimal digits and in Base64.
fn add(text: &str, least: usize, forms: &mut BTreeSet<String>) {
    if text.len() < least {
        return;
    }
    forms.insert(text.to_owned());
    let quoted = serde_json::Value::from(text).to_string();
    forms.insert(quoted[1..quoted.len() - 1].to_owned());
    let quoted = format!("{text:?}");
    forms.insert(quoted[1..quoted.len() - 1].to_owned());
    forms.insert(percent(text));
    forms.insert(text.bytes().map(|byte| format!("{byte:02x}")).collect());
    forms.insert(text.bytes().map(|byte| format!("{byte:02X}")).collect());
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        (0..3).for_each(|shift| forms.extend(inside_base64(&engine, shift, text)));
    }
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().fold(String::new(), |out, byte| match plain(byte) {
        true => out + (byte as char).encode_utf8(&mut [0; 4]),
        false => out + &format!("%{byte:02X}"),
    })
}

/// The digits of Base64 that a text decides by itself when `shift` bytes stand before it, modulo 3.
fn inside_base64(engine: &impl Engine, shift: usize, text: &str) -> Option<String> {
    let padded = [&[0; 3][..shift], text.as_bytes()].concat();
    let digits = engine.encode(&padded);
    let (from, to) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
    let inside = digits.get(from..to)?;
    (inside.len() > MIN_BYTES).then(|| inside.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secret: &str) -> Mask {
        let mask = Mask::default();
        mask.learn(&Value::string(secret));
        mask
    }

    #[test]
    fn every_form_is_found() {
        let secret = "s3cr3t \"quoted\"\ttäb/+";
        let mask = mask(secret);
        let all = [
            secret.to_owned(),
            serde_json::to_string(secret).unwrap(),
            format!("{secret:?}"),
            percent(secret),
            STANDARD_NO_PAD.encode(secret),
            STANDARD_NO_PAD.encode(format!("x{secret}yz")),
            URL_SAFE_NO_PAD.encode(format!("user:{secret}\n")),
        ];
        for text in all {
            let masked = mask.text(&text).into_owned();
            assert!(masked.contains(HIDDEN), "{text} ⟶ {masked}");
            assert!(!masked.contains("quoted") && !masked.contains("cXVvdGVk"), "{text} ⟶ {masked}");
        }
    }

    #[test]
    fn what_is_short_or_known_of_old_is_left() {
        assert_eq!(mask("abc").text("abc abc"), "abc abc");
        assert_eq!(Mask::default().text("anything"), "anything");
    }

    #[test]
    fn lines_and_parts_of_values_are_secret_too() {
        let mask = mask("-----BEGIN-----\nAAAABBBBCCCC\nshort\n");
        assert_eq!(mask.text("saw AAAABBBBCCCC here"), "saw (secret) here");
        assert_eq!(mask.text("a short line"), "a short line");
        let hidden = mask.value(&Value::record([("a", Value::list([Value::string("x AAAABBBBCCCC")]))]));
        assert_eq!(hidden.to_string(), Value::record([("a", Value::list([Value::string("x (secret)")]))]).to_string());
    }
}
