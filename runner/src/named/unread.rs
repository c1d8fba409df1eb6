//! A command line, its variables and the first lines of scripts ⟶ what they say in a way that planc does not read as a program does, with why: nobody
//! can bind what is named so.

use super::loads::{NODES, OF_FOLDERS, PERL, PERL_OPTIONS, node_load};
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
/// Those of them that a shell reads, which knows where it runs.
const OF_SHELLS: [&str; 2] = ["BASH_ENV", "ENV"];
const DIRECTORY: [&str; 3] = ["$PWD", "${PWD}", "~"];
/// What these rules are about.
const SIGNS: [char; 5] = ['"', '\'', '\\', '`', '$'];
/// An address of a file, which names no host.
const FILE: &str = "file://";
/// Why.
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

fn of_words(words: &[String], env: Option<&Value>) -> Vec<(String, &'static str)> {
    let split = unread_words(words).into_iter().map(|word| (word, BY_ENV));
    // `make` takes them as words, too.
    let variables = said(words, env).chain(words.iter().filter_map(|word| word.split_once('=')));
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
    READ.contains(&name) && (plain.contains(SIGNS) || is_home)
}

/// The words by which Node and Perl are told what to load that they read as something else: an address, in which some characters are none, and
/// code.
fn unread_loads(words: &[String]) -> Vec<&str> {
    // The program among them, and what stands behind it.
    let behind = |names: &[&str]| {
        let is_program = |(at, word): (usize, &String)| {
            (at == 0 || !word.contains('/') || word.starts_with('/')) && is_called(word, names)
        };
        words.iter().enumerate().position(is_program).map_or(&words[..0], |at| &words[at + 1..])
    };
    let has_host = |value: &str| {
        let file = value.get(..FILE.len()).filter(|scheme| scheme.eq_ignore_ascii_case(FILE));
        file.is_some_and(|_| !value[FILE.len()..].starts_with('/'))
    };
    let is_odd = |value: &&str| {
        value.contains(|c: char| c.is_control() || c == '\\') || value.trim() != *value || has_host(value)
    };
    let of_node = behind(NODES);
    let of_node = of_node.iter().enumerate().filter_map(|(at, word)| node_load(word, of_node.get(at + 1)));
    let of_perl = behind(PERL).iter().filter_map(|word| perl_module(word)).filter(|value| !is_perl_name(value));
    of_node.filter(is_odd).chain(of_perl).collect()
}

/// What stands behind the `M` of Perl, among the letters of its options.
fn perl_module(word: &str) -> Option<&str> {
    let (letters, behind) = word.strip_prefix('-')?.split_once(['M', 'm'])?;
    (letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !behind.is_empty()).then_some(behind)
}

/// Whether it is the name of a module, or a version: `Foo=a,b`, `-Foo`, `5.010`, `Foo qw(a)`, and `lib=dir`.
fn is_perl_name(value: &str) -> bool {
    let is_list = OF_FOLDERS.iter().any(|lib| value.trim_start_matches('-').starts_with(lib));
    let name = value.split(['=', ' ']).next().unwrap_or(value);
    is_list || name.chars().all(|c| c.is_alphanumeric() || "_:-.".contains(c))
}
