//! The operator's file of signers ⟶ whose signatures count, in the form that OpenSSH and git use:
//! `principals [options] key [comment]`.
//!
//! Read strictly: a line that is not understood might be the one that takes a key back.

use super::signature::{NAMESPACE, Signature, is_taken};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use ssh_key::{HashAlg, PublicKey};
use std::path::{Path, PathBuf};

/// The largest file of signers.
pub const MAX_SIGNERS_BYTES: u64 = 1024 * 1024;

/// How far a time without a zone may be from the same time in UTC, ahead and behind, in hours.
const FARTHEST: (i32, i32) = (14, 12);

/// Whose signatures count.
#[derive(Clone, Debug, Default)]
pub struct Signers {
    lines: Vec<Signer>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Whom the key belongs to, as written.
    pub principals: String,
    /// The key.
    pub key: PublicKey,
    /// What it may sign, as patterns; none: anything.
    namespaces: Option<Vec<String>>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

/// What is wrong with the file, or with a signature before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignersError {
    /// It cannot be read, or is open to others.
    #[error("cannot use the file of signers `{path}`: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A line is not understood.
    #[error("line {line} of the file of signers is not understood: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// Why.
        why: String,
    },
    /// Nobody vouches for a key.
    #[error("the key {fingerprint} is not among the signers")]
    Stranger {
        /// Which key.
        fingerprint: String,
    },
    /// A key that does not count.
    #[error("the key {fingerprint} of {principals} {why}")]
    NotNow {
        /// Which key.
        fingerprint: String,
        /// Whose.
        principals: String,
        /// Why.
        why: String,
    },
}

impl Signers {
    /// Reads the file. Only its owner may write to it, and that must be root or this account.
    pub fn read(path: &Path) -> Result<Signers, SignersError> {
        use std::io::Read;
        use std::os::unix::fs::MetadataExt;
        let refuse = |why: String| SignersError::File { path: path.to_owned(), why };
        let failed = |error: std::io::Error| refuse(error.to_string());
        let file = std::fs::File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(refuse("it is no file".into()));
        }
        let owner = metadata.uid();
        if metadata.mode() & 0o022 != 0 || (owner != 0 && owner != nix::unistd::geteuid().as_raw()) {
            return Err(refuse("others may write to it".into()));
        }
        let mut text = String::new();
        file.take(MAX_SIGNERS_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
        match text.len() as u64 > MAX_SIGNERS_BYTES {
            true => Err(refuse(format!("it has more than {MAX_SIGNERS_BYTES} bytes"))),
            false => Signers::parse(&text),
        }
    }

    /// Reads the text of the file.
    pub fn parse(text: &str) -> Result<Signers, SignersError> {
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let lines = lines.map(|(number, line)| signer(line).map_err(|why| SignersError::Line { line: number, why }));
        Ok(Signers { lines: lines.collect::<Result<_, _>>()? })
    }

    /// Whose a signature is, at a point in time.
    pub fn find(&self, signature: &Signature, at: Timestamp) -> Result<&Signer, SignersError> {
        let key = signature.key();
        let fingerprint = signature.fingerprint();
        let of_key = || self.lines.iter().filter(|signer| signer.key.key_data() == key.key_data());
        if let Some(signer) = of_key().find(|signer| signer.refuses(at).is_none()) {
            return Ok(signer);
        }
        match of_key().next() {
            Some(signer) => Err(SignersError::NotNow {
                fingerprint,
                principals: signer.principals.clone(),
                why: signer.refuses(at).unwrap_or_default(),
            }),
            None => Err(SignersError::Stranger { fingerprint }),
        }
    }

    /// The keys whose signatures count at a point in time.
    pub fn keys(&self, at: Timestamp) -> impl Iterator<Item = &Signer> {
        self.lines.iter().filter(move |signer| signer.refuses(at).is_none())
    }
}

impl Signer {
    /// Whether it is this key.
    pub fn is(&self, key: &PublicKey) -> bool {
        self.key.key_data() == key.key_data()
    }

    /// The fingerprint of the key, `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }

    /// Why it does not count at a point in time; none: it does.
    fn refuses(&self, at: Timestamp) -> Option<String> {
        let may = self.namespaces.as_ref().is_none_or(|patterns| matches_list(patterns));
        match (self.after, self.before) {
            _ if !may => Some(format!("is not for `{NAMESPACE}`")),
            (Some(after), _) if at < after => Some(format!("is valid only from {after}")),
            (_, Some(before)) if at >= before => Some(format!("was valid only until {before}")),
            _ => None,
        }
    }
}

/// Whether a list of patterns matches the namespace; `!` takes out.
fn matches_list(patterns: &[String]) -> bool {
    let matches = |pattern: &str| {
        let escaped = pattern.replace('[', "[[]").replace('{', "[{]").replace('\\', "\\\\");
        globset::Glob::new(&escaped).is_ok_and(|glob| glob.compile_matcher().is_match(NAMESPACE))
    };
    let taken_out = patterns.iter().filter_map(|pattern| pattern.strip_prefix('!')).any(&matches);
    !taken_out && patterns.iter().filter(|pattern| !pattern.starts_with('!')).any(|pattern| matches(pattern))
}

fn signer(line: &str) -> Result<Signer, String> {
    let (principals, rest) = field(line)?;
    if principals.is_empty() {
        return Err("it names nobody".into());
    }
    let mut signer = Signer { principals, key: placeholder()?, namespaces: None, after: None, before: None };
    let mut rest = rest;
    loop {
        let (word, after) = field(rest)?;
        if word.is_empty() {
            return Err("it has no key".into());
        }
        if word.starts_with("ssh-") || word.starts_with("sk-") || word.starts_with("ecdsa-") {
            let key: String = rest.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            signer.key = PublicKey::from_openssh(&key).map_err(|error| format!("the key: {error}"))?;
            break;
        }
        for option in options(&word)? {
            signer.take(&option)?;
        }
        rest = after;
    }
    // A key of another kind is understood, and signs nothing here.
    if !is_taken(&signer.key.algorithm()) {
        signer.namespaces = Some(Vec::new());
    }
    Ok(signer)
}

impl Signer {
    fn take(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => self.namespaces = Some(value.split(',').map(|part| part.trim().to_owned()).collect()),
            "valid-after" => self.after = Some(moment(value, Edge::Begin)?),
            "valid-before" => self.before = Some(moment(value, Edge::End)?),
            "cert-authority" => return Err("certificates are not taken".into()),
            _ => return Err(format!("the option `{name}`")),
        }
        Ok(())
    }
}

/// Which end of a time of validity.
#[derive(Clone, Copy)]
enum Edge {
    Begin,
    End,
}

/// `YYYYMMDD[HHMM[SS]][Z]`. OpenSSH takes a time without `Z` as local; where the machine is, the environment says. So here it
/// is taken in every zone: validity begins when it has begun everywhere, and ends when it has ended anywhere.
fn moment(text: &str, edge: Edge) -> Result<Timestamp, String> {
    let wrong =
        || format!("`{text}` is no time: it is written `20261231`, `202612312359` or `20261231235959`, and `Z`");
    let (digits, is_utc) = match text.strip_suffix('Z') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || ![8, 12, 14].contains(&digits.len()) {
        return Err(wrong());
    }
    let number =
        |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<i16>().ok()).unwrap_or(0);
    let small = |range: std::ops::Range<usize>| number(range) as i8;
    let civil = DateTime::new(number(0..4), small(4..6), small(6..8), small(8..10), small(10..12), small(12..14), 0);
    let utc = civil.map_err(|_| wrong())?.to_zoned(TimeZone::fixed(Offset::UTC)).map_err(|_| wrong())?.timestamp();
    let shifted = match (is_utc, edge) {
        (true, _) => Ok(utc),
        (false, Edge::Begin) => utc.checked_add(FARTHEST.1.hours()),
        (false, Edge::End) => utc.checked_sub(FARTHEST.0.hours()),
    };
    shifted.map_err(|_| wrong())
}

/// The first field of a line, quotes around it taken off, and what comes behind it.
fn field(line: &str) -> Result<(String, &str), String> {
    let line = line.trim_start();
    if let Some(quoted) = line.strip_prefix('"') {
        let end = quoted.find('"').ok_or("a quote without its end")?;
        return Ok((quoted[..end].to_owned(), &quoted[end + 1..]));
    }
    let mut is_quoted = false;
    let end = line.find(|c: char| {
        is_quoted ^= c == '"';
        c.is_whitespace() && !is_quoted
    });
    let (word, rest) = line.split_at(end.unwrap_or(line.len()));
    match is_quoted && end.is_none() {
        true => Err("a quote without its end".into()),
        false => Ok((word.to_owned(), rest)),
    }
}

/// Options, which commas divide that stand outside of quotes.
fn options(word: &str) -> Result<Vec<String>, String> {
    let (mut options, mut is_quoted) = (vec![String::new()], false);
    for c in word.chars() {
        is_quoted ^= c == '"';
        match c {
            ',' if !is_quoted => options.push(String::new()),
            _ => options.last_mut().ok_or("an option")?.push(c),
        }
    }
    Ok(options)
}

/// Stands for a key until the key is read.
fn placeholder() -> Result<PublicKey, String> {
    Ok(PublicKey::from(ssh_key::public::Ed25519PublicKey([0; 32])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    fn counts(line: &str, at: &str) -> Option<bool> {
        let signers = Signers::parse(line).ok()?;
        Some(signers.keys(at.parse().unwrap()).next().is_some())
    }

    #[test]
    fn lines_say_whose_a_key_is_for_what_and_when() {
        let noon = "2026-06-15T12:00:00Z";
        for (head, expected) in [
            ("a@example.org", Some(true)),
            ("a@example.org,b@example.org", Some(true)),
            ("\"a b\" namespaces=\"planc-approval\"", Some(true)),
            ("a namespaces=\"git,planc-*\"", Some(true)),
            ("a namespaces=\"git\"", Some(false)),
            ("a namespaces=\"*,!planc-approval\"", Some(false)),
            ("a namespaces=\"\"", Some(false)),
            ("a valid-after=\"20260615\"", Some(true)),
            ("a valid-after=\"20260615Z\",valid-before=\"20260616Z\"", Some(true)),
            ("a valid-after=\"20260615120001Z\"", Some(false)),
            ("a valid-before=\"20260615120000Z\"", Some(false)),
            ("a valid-before=\"20260616\"", Some(false)),
            ("a valid-before=\"20260617\"", Some(true)),
            ("a valid-before=\"yesterday\"", None),
            ("a valid-before=\"20261340\"", None),
            ("a valid-befor=\"20270101\"", None),
            ("a cert-authority", None),
            ("a namespaces=\"planc-approval", None),
            ("", None),
        ] {
            assert_eq!(counts(&format!("{head} {KEY} a comment"), noon), expected, "{head}");
        }
        assert_eq!(counts(&format!("# a comment\n\n  a {KEY}\n"), noon), Some(true));
        assert_eq!(counts(KEY, noon), None);
        assert_eq!(counts(&format!("a {}", &KEY[..40]), noon), None);
        assert_eq!(counts("", noon), Some(false));
    }
}
