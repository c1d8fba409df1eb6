//! A call that runs a program ⟶ the files of the workspace that its words and its variables name. Knows no files: whether anything
//! is there, and where links lead, is for the caller to see.

mod interpreters;
mod pieces;
mod places;

pub(crate) use places::named_paths;

use interpreters::{Runs, loads, runs};
use pieces::{
    directories, has_suffix, is_plain, main_piece, pieces, split, unread_words, variable_pieces, variable_value,
};
use planc_lang::catalogue::Tool;
use planc_lang::effects::Resource;
use planc_lang::value::Value;
use std::path::{Path, PathBuf};

/// The words of a command, as far as they are known.
pub(crate) type Words = Vec<Option<String>>;

/// A path that a call may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// From the root of the workspace. Links on it are not followed, and it may go up with `..`.
    pub(crate) path: String,
    /// What it is to the call.
    pub(crate) role: Role,
}

/// The variables that say where Python, Perl, Ruby and Java look for modules.
const SEARCHED: [&str; 5] = ["PYTHONPATH", "PERL5LIB", "PERLLIB", "RUBYLIB", "CLASSPATH"];

/// What a path is to a call that may name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Most words are no paths: it counts where a file is there.
    Perhaps,
    /// A whole word that could be the name of a file, and mostly is none: that nothing is there counts for what is run in a cell.
    Word,
    /// It looks like a path: that nothing is there counts too.
    Path,
    /// It is run as a script, as far as can be told.
    Script,
    /// What an interpreter runs of a folder, or for the name of a module: that nothing is there counts where its folder is.
    Start,
    /// Where it is a folder, code is looked for in it.
    Folder,
}

impl Role {
    /// Whether it is run, as far as can be told.
    pub(crate) fn is_run(self) -> bool {
        matches!(self, Role::Script | Role::Start)
    }
}

/// The paths that a call may name.
pub(crate) fn of_call(root: &Path, tool: &Tool, values: &[Value]) -> Vec<Named> {
    let value = |name: &str| values.get(tool.param(name)?);
    let directory = value("directory").and_then(Value::as_str).unwrap_or(".");
    let mut found = Vec::new();
    for words in commands(tool, values) {
        let words: Vec<&str> = words.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
        found.extend(of_command(root, directory, &words, value("env")));
    }
    // Where no program is run, a parameter of that name is something else.
    if !found.is_empty() || tool.runs_programs() {
        found.extend(of_variables(root, directory, value("env")));
    }
    found
}

/// The paths that a call may name and that do not lie in the workspace, as they are written.
pub(crate) fn outside(root: &Path, tool: &Tool, values: &[Value]) -> Vec<PathBuf> {
    let value = |name: &str| values.get(tool.param(name)?);
    let directory = value("directory").and_then(Value::as_str).unwrap_or(".");
    let env = value("env").and_then(Value::as_list).unwrap_or_default();
    let given = env.iter().filter_map(|variable| variable.get("value")?.as_str().map(str::to_owned));
    let mut found = Vec::new();
    for words in commands(tool, values) {
        let words: Vec<&str> = words.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
        let words = split(&words);
        let directories = directories(root, directory, &words);
        for piece in words.iter().flat_map(|word| pieces(word)) {
            found.extend(directories.iter().filter_map(|directory| beyond(root, directory, piece)));
        }
    }
    for value in given {
        found.extend(variable_pieces(&value).into_iter().filter_map(|piece| beyond(root, directory, piece)));
    }
    found
}

fn beyond(root: &Path, directory: &str, piece: &str) -> Option<PathBuf> {
    let is_path = piece.contains('/') && named_paths(root, directory, piece).is_empty();
    is_path.then(|| root.join(directory).join(piece))
}

/// The words of a call that `env` reads in a way that planc does not.
pub(crate) fn unread(tool: &Tool, values: &[Value]) -> Vec<String> {
    let lines = commands(tool, values).into_iter();
    let words = lines.flat_map(|words| unread_words(&words.into_iter().flatten().collect::<Vec<_>>()));
    words.collect()
}

/// The paths that a command line may name, of a program that runs in a directory.
pub(crate) fn of_words(root: &Path, directory: &str, argv: &[&str]) -> Vec<Named> {
    of_command(root, directory, argv, None)
}

/// The same with the variables that the call gives, which may say where modules are.
pub(crate) fn of_command(root: &Path, directory: &str, argv: &[&str], env: Option<&Value>) -> Vec<Named> {
    let words = split(argv);
    let runs = runs(&words);
    let directories = directories(root, directory, &words);
    let mut found = own(root, argv);
    let loads = loads(&words);
    let said = searched(&words, env);
    if !loads.modules.is_empty() {
        let searched = loads.folders.iter().chain(&said).flat_map(|folder| named_paths(root, directory, folder));
        let searched: Vec<String> = directories.iter().cloned().chain(searched).collect();
        found.extend(loads.modules.iter().flat_map(|module| places(root, &searched, module, Role::Start)));
    }
    for (index, word) in words.iter().enumerate().skip(1) {
        if let Some(value) = variable_value(&words, word) {
            found.extend(variable(root, &directories, value));
        }
        match &runs {
            Some(Runs::Script { at, starts }) if *at == index => found.extend(script(root, &directories, word, starts)),
            Some(Runs::Module { at, files }) if *at == index => {
                let more =
                    said.iter().flat_map(|folder| directories.iter().flat_map(|from| named_paths(root, from, folder)));
                let searched: Vec<String> = directories.iter().cloned().chain(more).collect();
                found.extend(files.iter().flat_map(|file| places(root, &searched, file, Role::Start)));
            }
            Some(_) | None => {}
        }
        let main = main_piece(word);
        let role = match role_of(main) {
            Role::Perhaps if main == word && is_plain(word) => Role::Word,
            role => role,
        };
        found.extend(places(root, &directories, main, role));
        let others = pieces(word).into_iter().filter(|piece| *piece != main);
        found.extend(others.flat_map(|piece| places(root, &directories, piece, Role::Perhaps)));
    }
    found
}

/// The folders in which variables say that modules are.
fn searched(words: &[String], env: Option<&Value>) -> Vec<String> {
    let given = env.and_then(Value::as_list).unwrap_or_default().iter();
    let given = given.filter_map(|variable| Some((variable.get("name")?.as_str()?, variable.get("value")?.as_str()?)));
    let told = words.iter().filter_map(|word| Some((word.split_once('=')?.0, variable_value(words, word)?)));
    let of_modules = given.chain(told).filter(|(name, _)| SEARCHED.contains(name));
    let folders = of_modules.flat_map(|(_, value)| value.split(':')).filter(|folder| !folder.is_empty());
    folders.map(str::to_owned).collect()
}

/// A program of the workspace, which is named from the root, whatever the directory.
fn own(root: &Path, argv: &[&str]) -> Vec<Named> {
    let Some(program) = argv.first().filter(|program| program.starts_with("./")) else { return Vec::new() };
    places(root, &[".".to_owned()], program, Role::Script)
}

/// The commands that a call runs: where they are not known whole, the words that are.
pub(crate) fn commands(tool: &Tool, values: &[Value]) -> Vec<Words> {
    let touches = tool.touches(values);
    let whole = touches.iter().filter_map(|(_, resource)| match resource {
        Resource::Program(argv) => Some(argv.iter().map(|word| Some(word.to_string())).collect()),
        _ => None,
    });
    let mut commands: Vec<Words> = whole.collect();
    if commands.is_empty()
        && tool.runs_programs()
        && let Some(words) = tool.param("argv").and_then(|at| values.get(at)?.as_list())
    {
        commands.push(words.iter().map(|word| word.as_str().map(str::to_owned)).collect());
    }
    commands
}

/// The paths that variables may name which a call gives: `[{ name, value }]`.
pub(crate) fn of_variables(root: &Path, directory: &str, env: Option<&Value>) -> Vec<Named> {
    let given = env.and_then(Value::as_list).unwrap_or_default();
    of_values(root, directory, given.iter().filter_map(|variable| variable.get("value")?.as_str()))
}

/// The same for the values alone.
pub(crate) fn of_values<'v>(root: &Path, directory: &str, values: impl Iterator<Item = &'v str>) -> Vec<Named> {
    let directories = [directory.to_owned()];
    values.flat_map(|value| variable(root, &directories, value)).collect()
}

/// A script by its place in the command line, whatever it is called; of a folder an interpreter runs what it knows there.
fn script(root: &Path, directories: &[String], word: &str, starts: &[&str]) -> Vec<Named> {
    let mut found = places(root, directories, word, Role::Script);
    for start in starts {
        found.extend(places(root, directories, &format!("{word}/{start}"), Role::Start));
    }
    if !starts.is_empty() {
        found.extend(places(root, directories, word, Role::Folder));
    }
    found
}

/// What a variable names: a file, or a folder in which something is looked for. Of a part of its value, which may be secret,
/// nothing is said unless a file has that name.
fn variable(root: &Path, directories: &[String], value: &str) -> Vec<Named> {
    let mut found = places(root, directories, value, role_of(value));
    for piece in variable_pieces(value) {
        found.extend(places(root, directories, piece, Role::Perhaps));
        found.extend(places(root, directories, piece, Role::Folder));
    }
    found
}

/// Where a piece of a command line may lie.
fn places(root: &Path, directories: &[String], piece: &str, role: Role) -> Vec<Named> {
    let paths = directories.iter().flat_map(|directory| named_paths(root, directory, piece));
    paths.map(|path| Named { path, role }).collect()
}

fn role_of(piece: &str) -> Role {
    match is_plain(piece) {
        true if has_suffix(piece) => Role::Script,
        true if piece.contains('/') => Role::Path,
        true | false => Role::Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(argv: &[&str]) -> Vec<(String, Role)> {
        let found = of_words(Path::new("/w"), ".", argv).into_iter();
        found
            .filter(|named| !matches!(named.role, Role::Perhaps | Role::Word))
            .map(|named| (named.path, named.role))
            .collect()
    }

    #[test]
    fn what_a_command_line_means_is_found() {
        let of = |path: &str, role| (path.to_owned(), role);
        for (argv, path, role) in [
            (vec!["./tool"], "tool", Role::Script),
            (vec!["sh", "x"], "x", Role::Script),
            (vec!["sh", "--", "-x"], "-x", Role::Script),
            (vec!["bash", "+x", "-eo", "pipefail", "x y"], "x y", Role::Script),
            (vec!["python3.12", "-W", "ignore", "-Xdev", "x"], "x", Role::Script),
            (vec!["env", "A=1", "nice", "sh", "x"], "x", Role::Script),
            (vec!["env", "-S", "sh -e x"], "x", Role::Script),
            (vec!["env", "-C", "sub", "sh", "x"], "sub/x", Role::Script),
            (vec!["env", "B=sub/lib:other", "x"], "other", Role::Folder),
            (vec!["make", "-fb.mk"], "b.mk", Role::Script),
            (vec!["awk", "-f", "/w/q.awk"], "q.awk", Role::Script),
            (vec!["cp", "a/b"], "a/b", Role::Path),
            (vec!["python3", "tool"], "tool/__main__.py", Role::Start),
            (vec!["python3", "-m", "lib.a"], "lib/a.py", Role::Start),
            (vec!["env", "PYTHONPATH=lib:more", "python3", "-m", "a"], "more/a.py", Role::Start),
            (vec!["env", "PERL5LIB=lib", "perl", "-MFoo", "x.pl"], "lib/Foo", Role::Start),
            (vec!["node", "tool"], "tool/index.js", Role::Start),
            (vec!["perl", "-wMLib::Foo=a", "-e", "1"], "Lib/Foo", Role::Start),
            (vec!["perl", "-I", "lib", "-M", "Foo", "x.pl"], "lib/Foo", Role::Start),
            (vec!["lua", "-l", "a.b", "x.lua"], "a/b", Role::Start),
            (vec!["java", "-cp", "lib:out", "org.x.Main", "arg"], "out/org/x/Main", Role::Start),
            (vec!["prlimit", "--cpu=10", "node", "app"], "app", Role::Script),
            (vec!["setarch", "-R", "python3", "-m", "a"], "a.py", Role::Start),
        ] {
            assert!(named(&argv).contains(&of(path, role)), "{argv:?}: {:?}", named(&argv));
        }
        for argv in [vec!["sh", "-c", "x"], vec!["python3", "-c", "x"], vec!["perl", "-ne", "x"], vec!["echo", "x"]] {
            assert_eq!(named(&argv), [], "{argv:?}");
        }
    }

    #[test]
    fn what_may_be_a_file_is_found_within_words() {
        for (word, path) in [
            ("--file=a", "a"),
            ("-xvfa", "a"),
            ("@a", "a"),
            ("-d@a", "a"),
            ("x:a", "a"),
            ("--cp=x:a", "a"),
            ("-javaagent:a=b", "a"),
            ("--mount=type=bind,source=a", "a"),
            ("file=@a;type=text", "a"),
            ("link/../a", "./link/../a"),
            ("/w/link/../a", "link/../a"),
        ] {
            let found = of_words(Path::new("/w"), ".", &["x", word]);
            assert!(found.iter().any(|named| named.path == path), "{word}: {found:?}");
        }
    }
}
