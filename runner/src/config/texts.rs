//! What a wiring says ⟶ its words and values, one by one, without addresses, and which of them are what the program works on.

use crate::named::code_of_words;
use planc_lang::effects::WILDCARDS;
use planc_lang::paths::{compile_glob, literal_prefix, within};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the names of variables end in that hold folders in which code is looked for.
const SEARCHED: [&str; 2] = ["PATH", "LIB"];
/// What stands between the parts of a list.
const LISTS: [char; 3] = [':', ';', ','];
/// What begins an address, behind its scheme.
const ADDRESS: &str = "://";
/// What ends an address, besides a blank.
const ENDS: &str = ",;|&?=()<>\"'`";
/// What a folder of a glob stands before that means all that lies beneath.
const BENEATH: &str = "/**";

/// A word or a value of a wiring, without addresses; empty: it is none of the program.
pub(super) struct Text<'w> {
    /// What it says.
    pub(super) text: String,
    /// The variable whose value it is; none: it is an argument.
    pub(super) variable: Option<&'w str>,
}

impl Text<'_> {
    /// Whether it says where code is looked for.
    pub(super) fn is_searched(&self) -> bool {
        self.variable.is_some_and(is_searched)
    }
}

/// The arguments, each at its place, and the values of variables. `data` are globs over what the program works on.
pub(super) fn texts<'w>(
    command: &str,
    args: &'w [String],
    env: Option<&'w BTreeMap<String, String>>,
    data: &[String],
) -> Vec<Text<'w>> {
    let words: Vec<&str> = std::iter::once(command).chain(args.iter().map(String::as_str)).collect();
    let code = code_of_words(&words);
    let args = args.iter().enumerate().map(|(at, text)| (None, text.as_str(), code.contains(&(at + 1))));
    let values = env.into_iter().flatten().map(|(name, value)| (Some(name.as_str()), value.as_str(), false));
    let texts = args.chain(values).map(|(variable, text, is_code)| {
        let text = match variable {
            _ if !is_code && is_data(data, text) => String::new(),
            // What looks like an address is a list there.
            Some(name) if is_searched(name) => text.to_owned(),
            Some(_) | None => without_addresses(text),
        };
        Text { text, variable }
    });
    texts.collect()
}

/// Whether a variable says where code is looked for.
pub(super) fn is_searched(name: &str) -> bool {
    SEARCHED.iter().any(|end| name.ends_with(end))
}

/// A text without the addresses in it, which name no file but for `file:`. What stands beside one is no part of it.
fn without_addresses(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || ENDS.contains(c);
    let parts = text.split_inclusive(is_end).map(|part| {
        let end = part.chars().next_back().filter(|c| is_end(*c)).map_or(0, char::len_utf8);
        let (part, end) = part.split_at(part.len() - end);
        let Some((scheme, rest)) = part.split_once(ADDRESS) else { return format!("{part}{end}") };
        let is_scheme = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
        let names_file = scheme.to_ascii_lowercase().contains("file");
        match is_scheme && !scheme.is_empty() && !names_file {
            // A path behind it in a list.
            true => format!("{}{end}", rest.find(":/").map_or("", |at| &rest[at..])),
            false => format!("{part}{end}"),
        }
    });
    parts.collect()
}

/// Whether a text is what a program works on: each part of a list is, or a line says it as it is. What looks like code is not,
/// whatever it ends in.
pub(super) fn is_data(data: &[String], text: &str) -> bool {
    let looks_like_code = || text.contains(|c: char| c.is_whitespace() || "|&()<>\"'`".contains(c));
    let mut parts = text.split(LISTS).filter(|part| !part.is_empty());
    data.iter().any(|line| line == text) || !looks_like_code() && parts.all(|part| is_data_path(data, part))
}

/// A line of `data` as a glob: from here, and a folder with all beneath it.
pub(super) fn plain(line: &str) -> Cow<'_, str> {
    let line = line.trim_start_matches("./");
    match line.strip_suffix('/') {
        Some(folder) if !folder.is_empty() => Cow::Owned(format!("{folder}{BENEATH}")),
        Some(_) | None => Cow::Borrowed(line),
    }
}

/// The same of a path.
pub(super) fn is_data_path(data: &[String], path: &str) -> bool {
    let matches = |glob: &str| compile_glob(glob).is_ok_and(|glob| glob.is_match(path));
    // What means all beneath a folder means the folder.
    let folder = |glob: &str| glob.strip_suffix(BENEATH).is_some_and(|folder| folder == path);
    data.iter().map(|line| plain(line)).any(|glob| matches(&glob) || folder(&glob))
}

/// The same of all that a line of `critical` may match, or a folder may hold, as far as that can be told.
pub(super) fn is_data_line(data: &[String], line: &str) -> bool {
    let is_glob = |text: &str| text.contains(WILDCARDS);
    if !is_glob(line) {
        return is_data_path(data, line);
    }
    let (prefix, end) = (literal_prefix(line), line.rsplit(WILDCARDS).next().unwrap_or_default());
    let is_all_of = |folder: &str| !is_glob(folder) && within(prefix, folder);
    let ends_so = |suffix: &str| !is_glob(suffix) && !suffix.contains('/') && end.ends_with(suffix);
    data.iter().map(|line| plain(line)).any(|glob| {
        glob == line
            || glob == "**"
            || glob.strip_suffix(BENEATH).is_some_and(is_all_of)
            || glob.strip_prefix("**/*").is_some_and(ends_so)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_out_only_itself() {
        for (text, left) in [
            ("https://x.example/a?b=c", "?b=c"),
            ("--url=https://x.example/{id}", "--url="),
            ("postgres://u:p@db/x?sslmode=require", "?sslmode=require"),
            ("--conf=https://x/base.yml,/w/a.py", "--conf=,/w/a.py"),
            ("duckdb://mem?init=/w/a.py", "?init=/w/a.py"),
            ("https://x/a?plugin=file:///w/a", "?plugin=file:///w/a"),
            ("https://x/a:/w/b", ":/w/b"),
            ("/w/a:https://x", "/w/a:https://x"),
            ("{\"url\":\"https://x/a\"}", "{\"url\":\"\"}"),
            ("curl https://x/a /w/b", "curl  /w/b"),
            ("git+file:///w", "git+file:///w"),
            ("://x", "://x"),
        ] {
            assert_eq!(without_addresses(text), left, "{text}");
        }
    }

    #[test]
    fn data_is_said_of_each_part_and_of_all_that_a_line_matches() {
        let data = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        assert!(is_data(&data(&["/opt/*"]), "/opt/a:/opt/b"));
        assert!(!is_data(&data(&["*/cache"]), "/w/lib:/opt/cache"));
        assert!(is_data(&data(&["about ../other things"]), "about ../other things"));
        assert!(is_data(&data(&["^/v1/[a-z]+$"]), "^/v1/[a-z]+$"));
        assert!(!is_data(&data(&["*.db"]), "run x.db"));
        for (glob, line, expected) in [
            ("docs/**", "docs/**", true),
            ("docs/**", "docs/*.md", true),
            ("docs/*", "docs/**", false),
            ("**/*.md", "src/{a.py,b.md}", false),
            ("**/*.md", "src/*.md", true),
            ("docs/**", "docs/[a-c]", true),
            ("docs/**", "docs", true),
            ("docs/**", "doc", false),
            ("docs/*/*", "docs/**", false),
            ("docs/?", "docs/*", false),
            ("docs/[!p]*", "docs/*", false),
            ("target/*/**", "target/**", false),
            ("docs/*.md", "docs/*.md", true),
            ("**", "src/**", true),
            ("./docs/**", "docs/*.md", true),
            ("./docs/", "docs", true),
            ("docs/", "docs/a", true),
            ("docs/", "doc/a", false),
            ("./", "docs/a", false),
        ] {
            assert_eq!(is_data_line(&data(&[glob]), line), expected, "{glob} {line}");
        }
    }
}
