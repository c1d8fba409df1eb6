//! A command line, its variables and the first lines of scripts ⟶ what they say in a way that planc does not read as a program does, with why: nobody
//! can bind what is named so.

use super::loads::{NODES, PERL, PERL_OPTIONS, node_load};
use super::pieces::{is_called, pieces, unread_words, variable_pieces};
use super::places::of_process;
use super::{directory_of, env_of, given, known, said};
use planc_lang::catalogue::Tool;
use planc_lang::value::Value;
use std::path::Path;

/// The variables whose values are read by rules of somebody's own for what is loaded.
const READ: [&str; 16] = [
    "NODE_OPTIONS",
    "BUN_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    PERL_OPTIONS,
    "RUBYOPT",
    "BASH_ENV",
    "ENV",
    "LD_PRELOAD",
    "LD_AUDIT",
    "MAKEFILES",
    "MAKEFLAGS",
    "GNUMAKEFLAGS",
    "GIT_CONFIG_PARAMETERS",
    "TAR_OPTIONS",
];
/// Those of them that `make` takes as words, too.
const OF_MAKE: [&str; 3] = ["MAKEFILES", "MAKEFLAGS", "GNUMAKEFLAGS"];
/// Those that have the options of Node.
const OF_NODE: [&str; 2] = ["NODE_OPTIONS", "BUN_OPTIONS"];
/// Those of them that a shell reads, which knows where it runs.
const OF_SHELLS: [&str; 2] = ["BASH_ENV", "ENV"];
/// How a shell is told of that, at the beginning of a value.
const DIRECTORY: [&str; 3] = ["$PWD", "${PWD}", "~"];
/// What these rules are about.
const SIGNS: [char; 5] = ['"', '\'', '\\', '`', '$'];
/// An address of a file, and what stands behind it where it names no host.
const FILE: &str = "file:";
const ROOT: &str = "///";
/// Why nobody can bind what is named: who reads it has rules of its own, `env` splits it, or each process finds another thing.
const BY_RULES: &str = "quotes, `\\`, `$` and the like mean there what only its reader knows";
const BY_ENV: &str = "nobody can tell what `env` makes of it";
const OF_PROCESS: &str = "it is something else for each process";

/// What a call says so.
pub(crate) fn unread(root: &Path, tool: &Tool, values: &[Value]) -> Vec<(String, &'static str)> {
    let (mut lines, directory) = (known(tool, values), directory_of(tool, values));
    // Where no command is known, the call may give variables.
    lines.push(Vec::new());
    let env = env_of(tool, values);
    let mut found: Vec<_> = lines.iter().flat_map(|words| of_words(words, env)).collect();
    let pieces = lines.iter().flatten().flat_map(|word| pieces(word));
    let through = pieces.chain(given(env).flat_map(|(_, value)| variable_pieces(value)));
    let through = through.filter(|piece| of_process(&root.join(directory).join(piece)));
    found.extend(through.map(|piece| (piece.to_owned(), OF_PROCESS)));
    found.sort();
    found.dedup();
    found
}

/// What the first line of a script says so. The kernel gives all behind the interpreter as one word.
pub(crate) fn unread_line(line: &str) -> Vec<(String, &'static str)> {
    let line = line.trim_matches([' ', '\t']);
    let (program, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let words = [program, rest].into_iter().chain(rest.split_whitespace()).map(str::to_owned);
    of_words(&words.collect::<Vec<_>>(), None)
}

/// The same of the words of one command.
fn of_words(words: &[String], env: Option<&Value>) -> Vec<(String, &'static str)> {
    let split = unread_words(words).into_iter().map(|word| (word, BY_ENV));
    let of_make = words.iter().filter_map(|word| word.split_once('=')).filter(|(name, _)| OF_MAKE.contains(name));
    let variables = said(words, env).chain(of_make);
    let variables = variables.filter(|(name, value)| is_unread(name, value));
    let variables = variables.map(|(name, value)| (format!("{name}={value}"), BY_RULES));
    let loads = unread_loads(words).into_iter().map(|word| (word.to_owned(), BY_RULES));
    split.chain(variables).chain(loads).collect()
}

/// Whether what a variable has loaded is told in a way that only who reads it knows.
fn is_unread(name: &str, value: &str) -> bool {
    let is_whole = |rest: &&str| rest.is_empty() || rest.starts_with('/');
    let behind = || DIRECTORY.iter().find_map(|directory| value.strip_prefix(directory).filter(is_whole));
    let plain = if OF_SHELLS.contains(&name) { behind().unwrap_or(value) } else { value };
    let is_home = plain.starts_with('~') && OF_SHELLS.contains(&name);
    let options = || value.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_odd = OF_NODE.contains(&name) && odd_loads(&options()).next().is_some();
    READ.contains(&name) && (plain.contains(SIGNS) || plain.contains(char::is_control) || is_home || is_odd)
}

/// The words by which Node and Perl are told what to load that they read as something else: an address, in which some characters are none, and
/// code.
fn unread_loads(words: &[String]) -> Vec<&str> {
    // The options of the program among them: up to a script, which stands behind no option that takes a word.
    let options = |names: &[&str], takes: fn(&str) -> bool| {
        let is_program = |(at, word): (usize, &String)| {
            (at == 0 || !word.contains('/') || word.starts_with('/')) && is_called(word, names)
        };
        let behind = words.iter().enumerate().position(is_program).map_or(&words[..0], |at| &words[at + 1..]);
        let is_taken = |at: usize| at > 0 && behind[at - 1].starts_with('-') && takes(&behind[at - 1]);
        let end = (0..behind.len()).find(|at| !behind[*at].starts_with('-') && !is_taken(*at));
        &behind[..end.unwrap_or(behind.len())]
    };
    let of_perl = options(PERL, |option| option.ends_with(['e', 'E', 'I']))
        .iter()
        .filter_map(|word| perl_module(word))
        .filter(|value| !is_perl_name(value));
    odd_loads(options(NODES, |_| true)).chain(of_perl).collect()
}

/// What Node is told to load by an address that is no plain one.
fn odd_loads(options: &[String]) -> impl Iterator<Item = &str> {
    let is_file = |value: &str| value.get(..FILE.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(FILE));
    let is_odd = move |value: &&str| {
        value.contains(|c: char| c.is_control() || c == '\\')
            || value.trim() != *value
            || is_file(value) && !value[FILE.len()..].starts_with(ROOT)
    };
    let loads = options.iter().enumerate().filter_map(|(at, word)| node_load(word, options.get(at + 1)));
    loads.filter(is_odd)
}

/// What stands behind the `M` of Perl, among the letters of options that take nothing.
fn perl_module(word: &str) -> Option<&str> {
    let (letters, behind) = word.strip_prefix('-')?.split_once(['M', 'm'])?;
    let takes_nothing = |c: char| c.is_ascii_digit() || "acdflnpsStTuUvwWX".contains(c);
    (letters.chars().all(takes_nothing) && !behind.is_empty()).then_some(behind)
}

/// Whether it is the name of a module, or a version, with what it shall import: `Foo=a,b`, `-Foo`, `5.010`, `Foo qw(a)`, `Foo()`, `lib=dir`.
fn is_perl_name(value: &str) -> bool {
    value.trim_end_matches(';').chars().all(|c| c.is_alphanumeric() || " \t_:-.=,/()".contains(c))
}
