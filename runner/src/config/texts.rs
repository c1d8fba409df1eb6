//! What a wiring says ⟶ its words and values, one by one: which a shell or an interpreter reads as code, and which are none of the
//! program, since they are addresses or what it works on.

use crate::named::code_of_words;
use planc_lang::paths::{compile_glob, literal_prefix};
use std::collections::BTreeMap;

/// What the names of variables end in that hold folders in which code is looked for.
const SEARCHED: [&str; 2] = ["PATH", "LIB"];
/// What stands between the parts of a list.
const LISTS: [char; 3] = [':', ';', ','];
/// Variables that a shell reads as code.
const OF_SHELLS: [&str; 2] = ["ENV", "BASH_ENV"];
/// What of code makes a word something else.
const EXPANDED: [char; 9] = ['$', '*', '?', '[', '{', '\\', '`', '"', '\''];
/// What a name has of which nothing is known.
const ANY: &str = "\0";
/// The same of all that lies beneath.
const ANY_BENEATH: &str = "\0/\0";

/// A word or a value of a wiring; empty: it is none of the program.
pub(super) struct Text<'w> {
    /// What it says.
    pub(super) text: &'w str,
    /// The variable whose value it is; none: it is an argument.
    pub(super) variable: Option<&'w str>,
    /// Whether it is read as code, or may be.
    is_code: bool,
}

impl Text<'_> {
    /// Whether it says where code is looked for.
    pub(super) fn is_searched(&self) -> bool {
        self.variable.is_some_and(is_searched)
    }

    /// The first word of code of which nobody knows where it leads, or the variable that has it.
    pub(super) fn expanded(&self) -> Option<&str> {
        let is_expanded = |word: &&str| word.contains('/') && word.contains(EXPANDED);
        let word = self.text.split_whitespace().find(is_expanded).filter(|_| self.is_code)?;
        Some(self.variable.unwrap_or(word))
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
    let values = env.into_iter().flatten().map(|(name, value)| {
        // Code may make anything of a variable.
        let is_code = !code.is_empty() || OF_SHELLS.contains(&name.as_str());
        (Some(name.as_str()), value.as_str(), is_code)
    });
    let texts = args.chain(values).map(|(variable, text, is_code)| {
        let is_told = match variable {
            None if is_code => true,
            Some(name) if is_searched(name) => !is_data(data, text),
            Some(_) | None => !is_data(data, text) && !is_address(text),
        };
        Text { text: if is_told { text } else { "" }, variable, is_code }
    });
    texts.collect()
}

/// Whether a variable says where code is looked for.
fn is_searched(name: &str) -> bool {
    SEARCHED.iter().any(|end| name.ends_with(end))
}

/// Whether a word, or what it says of an option, is an address, which names no file.
fn is_address(text: &str) -> bool {
    let Some((before, _)) = text.split_once("://") else { return false };
    let scheme = before.rsplit('=').next().unwrap_or(before);
    let is_option = before.len() == scheme.len() || before.starts_with('-');
    let is_scheme = |scheme: &str| scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    let names_file = scheme.to_ascii_lowercase().contains("file");
    is_option && !scheme.is_empty() && is_scheme(scheme) && !names_file && !text.contains(char::is_whitespace)
}

/// Whether a text is what a program works on: each part of a list is, or a line says it as it is. What looks like code is not,
/// whatever it ends in.
pub(super) fn is_data(data: &[String], text: &str) -> bool {
    let looks_like_code = || text.contains(|c: char| c.is_whitespace() || "|&()<>\"'`".contains(c));
    let mut parts = text.split(LISTS).filter(|part| !part.is_empty());
    data.iter().any(|line| line == text) || !looks_like_code() && parts.all(|part| is_data_path(data, part))
}

/// The same of a path.
pub(super) fn is_data_path(data: &[String], path: &str) -> bool {
    data.iter().any(|glob| compile_glob(glob).is_ok_and(|glob| glob.is_match(path)))
}

/// The same of all that a line of `critical` may match: no file has these names.
pub(super) fn is_data_line(data: &[String], line: &str) -> bool {
    let any = match line.contains(['[', '{']) {
        true => format!("{}/{ANY_BENEATH}", literal_prefix(line)),
        false => line.replace("**", ANY_BENEATH).replace(['*', '?'], ANY),
    };
    is_data_path(data, any.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_no_file() {
        for text in ["https://x.example/a?b=c", "--url=https://x.example/{id}", "postgres://u:p@db/x?sslmode=require"] {
            assert!(is_address(text), "{text}");
        }
        for text in ["file:///w/a", "git+file:///w", "--x=FILE:///w", "a b://c", "A=B=x://y", "://x", "/w/a"] {
            assert!(!is_address(text), "{text}");
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
        ] {
            assert_eq!(is_data_line(&data(&[glob]), line), expected, "{glob} {line}");
        }
    }
}
