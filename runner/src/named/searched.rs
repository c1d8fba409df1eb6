//! A command line and its variables ⟶ the folders in which they say that code of any name is, each with what says so: what comes to lie
//! there is run, and nobody can bind it.

use super::pieces::{is_called, split, unglued, variable_value};
use super::places::{named_paths, of_process};
use super::{env_of, given, known};
use planc_lang::catalogue::Tool;
use planc_lang::value::Value;
use std::path::Path;

/// The variables: where programs are, the libraries that they load, those of git and of compilers, and modules of Python.
const OF_ANY_NAME: [&str; 7] =
    ["PATH", "LD_LIBRARY_PATH", "GIT_EXEC_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX", "PYTHONUSERBASE", "PYTHONHOME"];
/// The option that says the same as a variable.
const GIT_OPTION: (&str, &str) = ("--exec-path", "GIT_EXEC_PATH");
/// What `make` may have before the `=` of a variable, with blanks around it.
const ASSIGNS: [char; 5] = [':', '+', '?', ' ', '\t'];
const MAKE: [&str; 2] = ["make", "gmake"];

/// The folders of the workspace that a call names so, and those that are seen from where a program runs. What lies outside, the caller
/// judges.
pub(crate) fn searched_by_name(
    root: &Path,
    tool: &Tool,
    values: &[Value],
    leads_in: &dyn Fn(&Path) -> bool,
) -> Vec<(String, String)> {
    let mut lines = known(tool, values);
    // Where no command is known, the call may give variables.
    lines.push(Vec::new());
    let of_line = |line: Vec<String>| {
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        searched_by_words(root, &words, env_of(tool, values), leads_in)
    };
    let mut found: Vec<_> = lines.into_iter().flat_map(of_line).collect();
    found.sort();
    found.dedup();
    found
}

/// The same of a command line.
pub(crate) fn searched_by_words(
    root: &Path,
    argv: &[&str],
    env: Option<&Value>,
    leads_in: &dyn Fn(&Path) -> bool,
) -> Vec<(String, String)> {
    let words = split(argv);
    let is_make = argv.iter().any(|word| is_called(word, &MAKE));
    // Without `env` and `make` a text with blanks is code.
    let is_read =
        |word: &&str| is_make || variable_value(&words, word).is_some() || !word.contains(char::is_whitespace);
    let said = words.iter().map(String::as_str).filter(is_read);
    let of_word = said.flat_map(|word| assigned(word).into_iter().chain(assigned(unglued(word))));
    // A value may hold the words of a command line: `MAKEFLAGS`.
    let of_env = given(env).flat_map(|(name, value)| {
        let within = value.split_whitespace().filter_map(assigned);
        within.chain([(name, value)]).collect::<Vec<_>>()
    });
    let of_make = words.iter().filter_map(|word| word.split_once('=')).filter(|(name, _)| name.ends_with("MAKEFLAGS"));
    let of_make = of_make.flat_map(|(_, value)| value.split_whitespace().filter_map(assigned));
    let listed = of_word.chain(of_make).chain(of_env).filter(|(name, _)| OF_ANY_NAME.contains(name));
    let is_within = |folder: &str| {
        !named_paths(root, ".", folder).is_empty()
            || of_process(&Path::new(folder).join("x"))
            || leads_in(Path::new(folder))
    };
    // An empty one is where the program runs; of most variables one that says nothing at all is as if there were none.
    let listed = listed.filter(|(name, value)| !value.is_empty() || *name == OF_ANY_NAME[0]);
    let folders = listed.flat_map(|(name, value)| value.split(':').map(move |folder| (name, folder)));
    let is_here = |folder: &str| !folder.starts_with('/') || is_within(folder);
    folders.filter(|(_, folder)| is_here(folder)).map(|(name, folder)| (name.to_owned(), folder.to_owned())).collect()
}

/// The variable that a word gives, with its value.
fn assigned(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let name = if name == GIT_OPTION.0 { GIT_OPTION.1 } else { name };
    Some((name.trim_matches(ASSIGNS), value.trim_matches([' ', '\t'])))
}
