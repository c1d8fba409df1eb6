//! A call that runs a program ⟶ the files of the workspace that its words and its variables name. Knows no files: whether anything
//! is there, and where links lead, is for the caller to see.

mod interpreters;
mod loads;
mod pieces;
mod places;
mod searched;
mod unread;

pub(crate) use interpreters::Leads;
pub(crate) use pieces::{has_suffix, pieces};
pub(crate) use places::named_paths;
pub(crate) use searched::{searched_by_name, searched_by_words};
pub(crate) use unread::{unread, unread_line};

use interpreters::{NODE_STARTS, Runs, code, files_of, runs};
use loads::{loads, python_modules, python_warnings};
use pieces::{addressed, caches, directories, expanded, is_plain, main_piece, split, variable_pieces, variable_value};
use places::upwards;
use planc_lang::catalogue::Tool;
use planc_lang::effects::Resource;
use planc_lang::value::Value;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Says what is known of the program that a word stands for, seen from a directory.
pub(crate) type Follows<'f> = &'f dyn Fn(&str, &str) -> Leads;

/// The words of a command, as far as they are known.
pub(crate) type Words = Vec<Option<String>>;

/// A path that a call may name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Named {
    /// From the root of the workspace. Links on it are not followed, and it may go up with `..`.
    pub(crate) path: String,
    /// What it is to the call.
    pub(crate) role: Role,
}

/// The variables that say where Python, Perl, Ruby and Java look for modules.
const SEARCHED: [&str; 5] = ["PYTHONPATH", "PERL5LIB", "PERLLIB", "RUBYLIB", "CLASSPATH"];

/// The variable that says where Node looks for packages besides.
const NODE_SEARCHED: [&str; 1] = ["NODE_PATH"];

/// Where Node looks for what is loaded by a name, and what it runs of a folder.
const PACKAGES: &str = "node_modules";

/// What a path is to a call that may name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Most words are no paths: it counts where a file is there.
    Perhaps,
    /// A whole word that could be the name of a file, and mostly is none: that nothing is there counts for what is run in a cell.
    Word,
    /// The same of a text with a `/`, which is more often one: it counts for what takes a step back as well.
    Text,
    /// It looks like a path: that nothing is there counts too.
    Path,
    /// It is run as a script, as far as can be told.
    Script,
    /// What an interpreter runs of a folder, or for the name of a module: that nothing is there counts where its folder is.
    Start,
    /// Where it is a folder, code is looked for in it.
    Folder,
    /// A folder of Perl's, which has others in it by the names of versions and of machines.
    Versions,
}

impl Role {
    /// Whether it is run, as far as can be told.
    pub(crate) fn is_run(self) -> bool {
        matches!(self, Role::Script | Role::Start)
    }
}

/// Where the program of a call runs.
pub(crate) fn directory_of<'v>(tool: &Tool, values: &'v [Value]) -> &'v str {
    tool.param("directory").and_then(|at| values.get(at)?.as_str()).unwrap_or(".")
}

/// The paths that a call may name.
pub(crate) fn of_call(root: &Path, tool: &Tool, values: &[Value], follows: Follows<'_>) -> Vec<Named> {
    let value = |name: &str| values.get(tool.param(name)?);
    let directory = directory_of(tool, values);
    let mut found = Vec::new();
    for words in commands(tool, values) {
        let words: Vec<&str> = words.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
        found.extend(of_command(root, directory, &words, value("env"), follows));
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
    let directory = directory_of(tool, values);
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

/// The folders of the workspace in which Python is told to look for what it has compiled: it would run what lies there in place of the
/// modules that a plan is bound to.
pub(crate) fn compiled_elsewhere(root: &Path, tool: &Tool, values: &[Value]) -> Vec<String> {
    let lines = known(tool, values);
    let mut from: Vec<String> =
        lines.iter().flat_map(|words| directories(root, directory_of(tool, values), words)).collect();
    from.push(directory_of(tool, values).to_owned());
    let words = lines.iter().flatten().filter_map(|word| word.split_once('='));
    let folders = words.chain(given(env_of(tool, values))).filter_map(|(name, value)| caches(name, value));
    let within = |folder: &&str| from.iter().any(|directory| !named_paths(root, directory, folder).is_empty());
    folders.filter(within).map(str::to_owned).collect()
}

/// The words of each command of a call that are known.
fn known(tool: &Tool, values: &[Value]) -> Vec<Vec<String>> {
    commands(tool, values).into_iter().map(|words| words.into_iter().flatten().collect()).collect()
}

/// What a call says of variables: `[{ name, value }]`.
fn env_of<'v>(tool: &Tool, values: &'v [Value]) -> Option<&'v Value> {
    values.get(tool.param("env")?)
}

/// The variables that are given, as far as they are known, by name.
fn given(env: Option<&Value>) -> impl Iterator<Item = (&str, &str)> {
    let given = env.and_then(Value::as_list).unwrap_or_default().iter();
    given.filter_map(|variable| Some((variable.get("name")?.as_str()?, variable.get("value")?.as_str()?)))
}

/// The places of the words of a command line that a shell or an interpreter reads as code.
pub(crate) fn code_of_words(argv: &[&str]) -> Vec<usize> {
    let words: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    code(&words, &vec![Leads::Nowhere; words.len()])
}

/// The paths that a command line may name, of a program that runs in a directory.
pub(crate) fn of_words(root: &Path, directory: &str, argv: &[&str]) -> Vec<Named> {
    of_command(root, directory, argv, None, &|_, _| Leads::Nowhere)
}

/// The same with the variables that the call gives, which may say where modules are.
pub(crate) fn of_command(
    root: &Path,
    directory: &str,
    argv: &[&str],
    env: Option<&Value>,
    follows: Follows<'_>,
) -> Vec<Named> {
    let words = split(argv);
    // A program of the workspace is named from the root.
    let from = |at: usize| if at == 0 { "." } else { directory };
    let leads: Vec<Leads> = words.iter().enumerate().map(|(at, word)| follows(from(at), word)).collect();
    let directories = directories(root, directory, &words);
    let mut found = own(root, argv);
    found.extend(of_modules(root, &directories, (&words, &leads), env));
    let scripts = runs(&words, &leads).into_iter().filter_map(|runs| match runs {
        Runs::Script { at, starts } => Some((words.get(at)?, starts)),
        Runs::Module { .. } => None,
    });
    found.extend(scripts.flat_map(|(word, starts)| script(root, &directories, word, starts)));
    for word in words.iter().skip(1) {
        if let Some(value) = variable_value(&words, word) {
            found.extend(variable(root, &directories, value));
        }
        let main = main_piece(word);
        found.extend(places(root, &directories, main, role_of(main)));
        found.extend(places(root, &directories, word, if word.contains('/') { Role::Text } else { Role::Word }));
        let others = pieces(word).into_iter().filter(|piece| *piece != main);
        found.extend(others.flat_map(|piece| places(root, &directories, piece, role_of_part(piece))));
        found.extend(
            pieces(word)
                .into_iter()
                .filter_map(addressed)
                .flat_map(|piece| places(root, &directories, &piece, role_of_part(&piece))),
        );
    }
    let mut known = HashSet::new();
    found.retain(|named| known.insert(named.clone()));
    found
}

/// The modules, packages and classes that interpreters among the words are told, in each folder in which they are told to look.
fn of_modules(
    root: &Path,
    directories: &[String],
    (words, leads): (&[String], &[Leads]),
    env: Option<&Value>,
) -> Vec<Named> {
    let loads = loads(words, leads, &said(words, env).collect::<Vec<_>>());
    let seen =
        |folder: &String| directories.iter().flat_map(|from| named_paths(root, from, folder)).collect::<Vec<_>>();
    let listed: Vec<String> = folders(&SEARCHED, words, env).iter().chain(&loads.folders).flat_map(seen).collect();
    let of_node: Vec<String> = folders(&NODE_SEARCHED, words, env).iter().flat_map(seen).collect();
    let searched = [directories, listed.as_slice()].concat();
    let mut found = Vec::new();
    for runs in runs(words, leads) {
        let Runs::Module { files } = runs else { continue };
        found.extend(files.iter().flat_map(|file| places(root, &searched, file, Role::Start)));
    }
    let of_values = said(words, env).flat_map(|(name, value)| python_modules(name, value));
    let of_values = of_values.chain(python_warnings(words)).flat_map(files_of);
    found.extend(of_values.flat_map(|file| places(root, &searched, &file, Role::Start)));
    found.extend(loads.modules.iter().flat_map(|module| places(root, &searched, module, Role::Start)));
    if loads.is_perl && !loads.modules.is_empty() {
        found.extend(listed.into_iter().map(|path| Named { path, role: Role::Versions }));
    }
    let above = directories.iter().flat_map(|directory| upwards(root, directory)).collect::<Vec<_>>();
    for folder in &loads.folders_of_node {
        found.extend(
            NODE_STARTS.iter().flat_map(|start| places(root, directories, &format!("{folder}/{start}"), Role::Start)),
        );
    }
    for package in &loads.packages {
        for (folders, package) in [(&above, format!("{PACKAGES}/{package}")), (&of_node, package.clone())] {
            found.extend(places(root, folders, &package, Role::Text));
            found.extend(places(root, folders, &package, Role::Start));
            found.extend(
                NODE_STARTS.iter().flat_map(|start| places(root, folders, &format!("{package}/{start}"), Role::Start)),
            );
        }
    }
    found
}

/// What the kernel reads of the first line of a script, which is run with it.
pub(crate) fn of_first_line(root: &Path, directory: &str, line: &str, follows: Follows<'_>) -> Vec<Named> {
    // The kernel knows blanks and tabs, and whoever reads the rest of it others, too.
    let words: Vec<&str> =
        line.split_whitespace().chain(line.split([' ', '\t'])).filter(|word| !word.is_empty()).collect();
    let Some(interpreter) = line.split([' ', '\t']).find(|word| !word.is_empty()) else { return Vec::new() };
    let all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let mut found = places(root, &directories(root, directory, &all), interpreter, role_of(interpreter));
    // What is behind it mostly is the name of a program.
    let more = of_command(root, directory, &words, None, follows);
    found.extend(more.into_iter().filter(|named| named.role != Role::Word));
    found
}

/// The variables that a call gives, and those that `env` is told, by name.
fn said<'v>(words: &'v [String], env: Option<&'v Value>) -> impl Iterator<Item = (&'v str, &'v str)> {
    given(env).chain(words.iter().filter_map(|word| Some((word.split_once('=')?.0, variable_value(words, word)?))))
}

/// The folders that variables list. An empty one is where the program runs.
fn folders(variables: &[&str], words: &[String], env: Option<&Value>) -> Vec<String> {
    let of_variables = said(words, env).filter(|(name, _)| variables.contains(name));
    let folders = of_variables.flat_map(|(_, value)| value.split(':'));
    let folders = folders.map(|folder| if folder.is_empty() { "." } else { folder });
    // Whether it is expanded only who reads it knows.
    folders.flat_map(|folder| expanded(folder).into_iter().chain([folder.to_owned()])).collect()
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

/// What a variable names: a file, or a folder in which something is looked for. What has a `/` in its value is a path.
fn variable(root: &Path, directories: &[String], value: &str) -> Vec<Named> {
    let of_whole = match role_of(value) {
        Role::Perhaps => Role::Word,
        role => role,
    };
    let mut found = places(root, directories, value, of_whole);
    for piece in variable_pieces(value) {
        let expanded = expanded(piece);
        for piece in [Some(piece), expanded.as_deref()].into_iter().flatten() {
            let role = if piece == value { of_whole } else { role_of(piece) };
            found.extend(places(root, directories, piece, role));
            found.extend(places(root, directories, piece, Role::Folder));
        }
        if let Some(piece) = addressed(piece) {
            found.extend(places(root, directories, &piece, role_of_part(&piece)));
        }
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
        false if piece.contains('/') => Role::Text,
        true | false => Role::Perhaps,
    }
}

/// The same of what is only a part of a word, and mostly is no path.
fn role_of_part(piece: &str) -> Role {
    if piece.contains('/') { Role::Text } else { Role::Perhaps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(argv: &[&str]) -> Vec<(String, Role)> {
        let found = of_words(Path::new("/w"), ".", argv).into_iter();
        found
            .filter(|named| !matches!(named.role, Role::Perhaps | Role::Word | Role::Text))
            .map(|named| (named.path, named.role))
            .collect()
    }

    #[test]
    fn what_a_command_line_means_is_found() {
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
            (vec!["python3", "-m", "pkg.my-tool"], "pkg/my-tool.py", Role::Start),
            (vec!["sh", "run.sh", "python3", "-m", "pkg.a"], "pkg/a.py", Role::Start),
            (vec!["env", "-u", "sh", "python3", "-m", "pkg.a"], "pkg/a.py", Role::Start),
            (vec!["python3", "-m", "cProfile", "-m", "pkg.a"], "pkg/a.py", Role::Start),
            (vec!["python3", "-m", "trace", "--module", "pkg.a"], "pkg/a.py", Role::Start),
            (vec!["python3", "-m", "unittest", "-q", "test_a"], "test_a.py", Role::Start),
            (vec!["perl", "-Mlib=lib", "-MFoo"], "lib/Foo", Role::Start),
            (vec!["perl", "-Ilib", "-MFoo qw(a)"], "lib/Foo", Role::Start),
            (vec!["perl", "-Ilib", "-d:Foo"], "lib/Devel/Foo", Role::Start),
            (vec!["env", "PERL5OPT=-Ilib -MFoo", "perl"], "lib/Foo", Role::Start),
            (vec!["env", "-C", "sub", "perl", "-Ilib", "-MFoo"], "sub/lib/Foo", Role::Start),
            (vec!["node", "-r", "hook", "app.js"], "node_modules/hook/index.js", Role::Start),
            (vec!["env", "-C", "a/b", "node", "--import=hook"], "a/node_modules/hook/package.json", Role::Start),
            (vec!["java", "--class-path=out", "Main"], "out/Main", Role::Start),
            (vec!["env", "JDK_JAVA_OPTIONS=-cp out", "java", "Main"], "out/Main", Role::Start),
            (vec!["env", "NODE_PATH=mods", "node", "-r", "hook"], "mods/hook/index.js", Role::Start),
            (vec!["env", "PYTHONPATH=lib", "python3", "x.py"], "lib/sitecustomize.py", Role::Start),
            (vec!["env", "PYTHONPATH=lib", "PYTHONWARNINGS=once,error::a.b.C", "x"], "lib/a/b.py", Role::Start),
            (vec!["env", "PYTHONBREAKPOINT=b.m.f", "python3", "x.py"], "b/m.py", Role::Start),
            (vec!["python3", "-Werror::w.C", "x.py"], "w.py", Role::Start),
            (vec!["env", "-vSpython3 -m mod"], "mod.py", Role::Start),
            (vec!["env", "-iSPYTHONPATH=lib python3 -m mod"], "lib/mod.py", Role::Start),
            (vec!["env", "--sp=BASH_ENV=./hook bash"], "hook", Role::Path),
            (vec!["env", "-S-v -vS python3 -m mod"], "mod.py", Role::Start),
            (vec!["env", "LD_PRELOAD=./y.so:./x.so", "x"], "x.so", Role::Path),
            (vec!["env", "BASH_ENV=$PWD/x.sh", "bash"], "x.sh", Role::Script),
        ] {
            let found = of_words(Path::new("/w"), ".", &argv);
            assert!(found.contains(&Named { path: path.to_owned(), role }), "{argv:?}: {found:?}");
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
            ("./a?1", "a"),
            ("./%61#x", "a"),
            ("file:///w/a?1", "a"),
            ("a b", "a b"),
            ("--a", "--a"),
        ] {
            let found = of_words(Path::new("/w"), ".", &["x", word]);
            assert!(found.iter().any(|named| named.path == path), "{word}: {found:?}");
        }
    }
}
