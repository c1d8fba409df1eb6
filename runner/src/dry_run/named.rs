//! The files of the workspace that a command line names ⟶ bound as they are before the plan, whatever steps before may leave
//! there; also that one which is run as a script is not there.

use super::DryRun;
use crate::tool::{Args, ToolError};
use crate::workspace::{Kind, Overlay, Sight, named_paths};
use planc_lang::effects::Resource;
use planc_lang::syntax::EffectVerb;
use std::path::Path;

/// What the names of scripts end in.
const SUFFIXES: [&str; 24] = [
    "sh", "bash", "zsh", "ksh", "fish", "py", "pl", "rb", "js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "php",
    "lua", "r", "tcl", "ps1", "awk", "sed", "mk",
];
/// Programs whose first word that is no option is a script, by the name without its version.
const INTERPRETERS: [&str; 21] = [
    "sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "python", "pypy", "node", "nodejs", "deno", "bun", "ruby",
    "perl", "php", "lua", "luajit", "Rscript", "tclsh", "pwsh",
];
/// The last letters of options of interpreters behind which code stands, or the name of a module.
const CODE: [char; 5] = ['c', 'e', 'E', 'm', 'p'];

/// A word of a command line, as far as it may name a file.
struct Word {
    /// The paths of the workspace that it may name.
    paths: Vec<String>,
    /// That of them which a plan means where nothing is there; none: it does not look like one.
    expected: Option<String>,
    /// Whether that is run as a script.
    is_script: bool,
}

/// Looks at a program of the workspace as the steps before will leave it.
pub(super) fn look_at_own(name: &str, path: &str, overlay: &mut Overlay) -> Result<(), ToolError> {
    let path = overlay.resolve(path)?;
    match overlay.stat(&path)? {
        Sight::Known(info) if info.kind == Kind::Missing => {
            Err(ToolError::before(format!("there is no program `{name}` in the workspace")))
        }
        Sight::Known(_) | Sight::Unknown { .. } => overlay.hold(&path).map_err(ToolError::from),
    }
}

/// Looks at the files of the workspace that the words of a command line name, as `build.sh`, `../x/build.sh`,
/// `--file=build.sh` or with their absolute paths.
pub(super) fn look_at_words(root: &Path, directory: &str, argv: &[impl AsRef<str>], overlay: &mut Overlay) {
    for word in words(root, directory, argv) {
        for path in &word.paths {
            // Most words are no paths, and what cannot be looked at is no file that a plan could have meant.
            let Ok(resolved) = overlay.resolve(path) else { continue };
            let may_be_absent = word.expected.as_ref() == Some(path);
            if is_held(&resolved, may_be_absent, overlay) {
                if let Ok(Sight::Known(info)) = overlay.stat_unseen(&resolved)
                    && info.kind == Kind::File
                {
                    let _ = overlay.stat(&resolved);
                }
                let links = overlay.leads(path);
                let links = links.into_iter().filter(|link| overlay.workspace().kind(link) == Ok(Kind::Link));
                for held in links.collect::<Vec<_>>().into_iter().chain([resolved]) {
                    // What cannot be looked at now cannot be run either.
                    let _ = overlay.hold(&held);
                }
            }
        }
    }
}

/// The files that a plan means by the words of a command line, whether or not they are there.
pub(super) fn expected_files(root: &Path, directory: &str, argv: &[impl AsRef<str>]) -> Vec<String> {
    words(root, directory, argv).into_iter().filter_map(|word| word.expected).collect()
}

/// Whether a path stands for a file, now or before the plan, or for one that is not there and that the plan would run.
fn is_held(path: &str, may_be_absent: bool, overlay: &Overlay) -> bool {
    let (Ok(before), Ok(now)) = (overlay.workspace().kind(path), overlay.kind(path)) else { return false };
    match (before, now) {
        (Kind::File, _) | (_, Kind::File) => true,
        (Kind::Missing, Kind::Missing) => may_be_absent,
        _ => false,
    }
}

fn words(root: &Path, directory: &str, argv: &[impl AsRef<str>]) -> Vec<Word> {
    let behind = behind_interpreter(argv);
    let word = |(index, word): (usize, &str)| {
        let piece = word.split_once('=').map_or(word, |(_, value)| value);
        let is_script = behind == Some(index) || has_suffix(piece);
        let is_meant = is_plain(piece) && (is_script || piece.contains('/'));
        let expected = if is_meant { named_paths(root, directory, piece).into_iter().next() } else { None };
        Word { paths: named_paths(root, directory, word), expected, is_script }
    };
    argv.iter().map(AsRef::as_ref).enumerate().skip(1).map(word).collect()
}

/// The word of a command line that an interpreter runs.
fn behind_interpreter(argv: &[impl AsRef<str>]) -> Option<usize> {
    let name = argv.first()?.as_ref().rsplit('/').next()?;
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !INTERPRETERS.contains(&name) {
        return None;
    }
    // To a shell, `-e` is something else.
    let code: &[char] = if name.ends_with("sh") { &CODE[..1] } else { &CODE };
    let (index, _) = argv.iter().enumerate().skip(1).find(|(_, word)| !word.as_ref().starts_with('-'))?;
    let takes_code = |option: &str| match option.strip_prefix("--") {
        Some(long) => ["eval", "print", "command"].contains(&long),
        None => option.ends_with(code),
    };
    let is_code = argv[1..index].iter().any(|option| takes_code(option.as_ref()));
    (!is_code).then_some(index)
}

fn has_suffix(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    name.rsplit_once('.').is_some_and(|(stem, suffix)| !stem.is_empty() && SUFFIXES.contains(&suffix))
}

/// Whether a word can be meant as a path: no option, no address, no code and no glob.
fn is_plain(word: &str) -> bool {
    let is_odd = |c: char| !c.is_ascii() && !c.is_alphanumeric();
    let is_code = |c: char| is_odd(c) || c.is_whitespace() || c.is_control() || "\"'`$;|&<>(){}[]*?!#\\".contains(c);
    !word.is_empty() && !word.starts_with('-') && !word.contains("://") && !word.contains(is_code)
}

impl DryRun<'_> {
    /// Why a program's call is known only after the run, with what an approver has to know of the files that it names: which are
    /// not there, and which an earlier step may change.
    pub(super) fn with_files(
        &self,
        args: &Args,
        touches: &[(EffectVerb, Resource)],
        overlay: &mut Overlay,
        why: &str,
    ) -> String {
        let directory = args.tool.param("directory").and_then(|index| args.values[index].as_str()).unwrap_or(".");
        let mut said = vec![why.to_owned()];
        for (_, resource) in touches {
            let Resource::Program(argv) = resource else { continue };
            let own = argv.first().and_then(|name| name.strip_prefix("./"));
            let own = own.map(|path| (path.to_owned(), true));
            let words = words(self.workspace.root(), directory, argv).into_iter();
            let named = words.flat_map(|Word { paths, expected, is_script }| {
                paths.into_iter().map(move |path| {
                    let is_script = is_script && expected.as_ref() == Some(&path);
                    (path, is_script)
                })
            });
            let named: Vec<(String, bool)> = own.into_iter().chain(named).collect();
            said.extend(named.into_iter().filter_map(|(path, is_script)| told(&path, is_script, overlay)));
        }
        said.dedup();
        said.join("; ")
    }
}

/// What an approver has to know of a file that a command line names; none: it is as it is shown to be.
fn told(path: &str, is_script: bool, overlay: &mut Overlay) -> Option<String> {
    let path = overlay.resolve(path).ok()?;
    if !is_held(&path, is_script, overlay) {
        return None;
    }
    let is_missing = overlay.kind(&path).ok()? == Kind::Missing;
    match overlay.stat_unseen(&path).ok()? {
        Sight::Known(_) => is_missing.then(|| format!("there is no file `{path}`")),
        Sight::Unknown { by } if is_missing => Some(format!("there is no file `{path}`, unless `{by}` makes it")),
        Sight::Unknown { by } => Some(format!("`{path}` is what `{by}` leaves there")),
    }
}
