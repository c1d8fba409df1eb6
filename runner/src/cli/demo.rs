//! `planc demo`: an example ⟶ a fresh scratch folder in which it is checked, planned and run, command by command.

use super::exit::Exit;
use super::fault::Fault;
use super::init::FIRST_PLAN_TEXT;
use super::output::Output;
use crate::config::above;
use crate::render::text::{Look, Tone, Word, command as draw_command, inline};
use crate::writing::{Folder, USUAL_MODE};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An example.
struct Example {
    name: &'static str,
    /// Paths and contents.
    files: &'static [(&'static str, &'static [u8])],
}

/// The examples that are built in.
const EXAMPLES: &[Example] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// The smallest example, which is always there.
const HELLO: Example =
    Example { name: "hello", files: &[(PLAN, FIRST_PLAN_TEXT.as_bytes()), ("workspace/planc.toml", b"")] };

/// The plan of every example.
const PLAN: &str = "plan.pl";

/// What is played when no example is named: planc can take back all of it, so that nobody needs to be asked.
const DEFAULT: &str = "config-to-toml";

/// The inputs of an example, as a JSON object.
const INPUTS: &str = "inputs.json";

/// The folder of the secret inputs of an example, each a file.
const SECRETS: &str = "secrets/";

/// The repository of an example, which becomes that of its workspace: no program is started to make one, which others could choose.
const REPOSITORY: &str = "repository/";

/// Arguments of `planc demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which example; without a name, one that planc can take back by itself
    name: Option<String>,
    /// The folder to make, in no workspace; without it, a fresh one for temporary files
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,
    /// List the examples
    #[arg(long)]
    list: bool,
}

pub(super) fn run(out: Output, args: &Args) -> Result<Exit, Fault> {
    out.without_markdown()?;
    let all = || EXAMPLES.iter().chain([&HELLO]);
    if args.list {
        let names: Vec<&str> = all().map(|example| example.name).collect();
        match out.is_json() {
            true => out.json(&serde_json::json!({ "examples": names }))?,
            false => out.show(&names.iter().map(|name| format!("{name}\n")).collect::<String>())?,
        }
        return Ok(Exit::Success);
    }
    let example = match &args.name {
        None => all().find(|example| example.name == DEFAULT).unwrap_or(&HELLO),
        Some(name) => all().find(|example| example.name == name).ok_or_else(|| {
            Fault::usage(format!("there is no example `{name}`")).help("`planc demo --list` names them")
        })?,
    };
    let folder = unpack(example, args.folder.as_deref())?;
    play(out, example, &folder)
}

/// Makes the folder and writes the example into it: the plan beside the workspace it works in. Not in a workspace, where programs
/// may write while the example is played: that is told of the folder as it was made, and nothing else is used from then on.
fn unpack(example: &Example, chosen: Option<&Path>) -> Result<PathBuf, Fault> {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let named = match chosen {
        Some(folder) => folder.to_owned(),
        None => std::env::temp_dir().join(format!("planc-demo-{}-{}", example.name, &unique[..8])),
    };
    let failed = |error: std::io::Error| Fault::usage(format!("cannot make `{}`: {error}", named.display()));
    std::fs::DirBuilder::new().mode(0o700).create(&named).map_err(failed)?;
    let absolute = std::path::absolute(&named).map_err(failed)?;
    let made = Folder::of(&absolute).map_err(failed)?;
    let folder = made.path().to_owned();
    if let Some(outer) = above(&folder) {
        // Only what is empty is removed.
        let _ = std::fs::remove_dir(&folder);
        let message = format!("`{}` lies in the workspace of `{}`", named.display(), outer.display());
        return Err(Fault::usage(message).help("name a folder outside of it, that is not there yet"));
    }
    std::fs::create_dir_all(folder.join("workspace")).map_err(failed)?;
    for (path, content) in example.files {
        let path = match path.strip_prefix(REPOSITORY) {
            Some(within) => Path::new("workspace/.git").join(within),
            None => PathBuf::from(path),
        };
        made.file(path).create(content, USUAL_MODE).map_err(failed)?;
    }
    Ok(folder)
}

/// Runs the commands a person would type, and shows each of them.
fn play(out: Output, example: &Example, folder: &Path) -> Result<Exit, Fault> {
    let workspace = folder.join("workspace");
    let show = |line: &str, tone: Tone| out.progress(&format!("{}\n", out.err_tone(tone, line)));
    let copied = |own: &str, words: &[Word]| {
        let mut line = String::new();
        draw_command(&mut line, Look { paint: out.err_paint(), ..out.look() }, own, words);
        out.progress(&line);
    };
    copied("cd", &[Word::of(&workspace.to_string_lossy(), "FOLDER")]);
    let plan = format!("../{PLAN}");
    let given = inputs(example);
    let on_plan = |first: &[&str]| -> Vec<String> {
        let words = first.iter().map(|word| (*word).to_owned()).chain(std::iter::once(plan.clone()));
        words.chain(given.iter().cloned()).collect()
    };
    let mut last = 0;
    let program = std::env::current_exe().map_err(|error| unstarted(&error))?;
    for words in [vec!["check".to_owned(), plan.clone()], on_plan(&["plan"]), on_plan(&["run", "--approve"])] {
        if last != 0 {
            break;
        }
        show(&format!("\n$ planc {}", words.join(" ")), Tone::Name);
        let mut command = Command::new(&program);
        command
            .args(["--state-dir".as_ref(), folder.join("state").as_os_str()])
            .args(if out.is_json() { &["--format", "json"][..] } else { &[] })
            .args(&words)
            .current_dir(&workspace);
        last = status(&mut command)?;
    }
    if last == Exit::Waiting as i32 {
        let words: Vec<Word> = on_plan(&["run", "--approve"]).iter().map(|word| Word::of(word, "…")).collect();
        show("\nIt waits for a yes. On a terminal, in the folder that is named above, this asks for it:", Tone::Dim);
        copied("planc --state-dir ../state", &words);
        show("and where it has begun, `planc --state-dir ../state resume RUN`.", Tone::Dim);
    }
    show(&format!("\nEverything is in {}; look around, then delete it.", inline(&folder.to_string_lossy())), Tone::Dim);
    show("The state of its runs is there too: `planc --state-dir ../state undo RUN` takes a run back.", Tone::Dim);
    Ok(Exit::ALL.iter().map(|(exit, _, _)| *exit).find(|exit| *exit as i32 == last).unwrap_or(Exit::Failed))
}

/// The inputs of an example as arguments.
fn inputs(example: &Example) -> Vec<String> {
    let file = example.files.iter().find(|(path, _)| *path == INPUTS);
    let values: serde_json::Map<String, serde_json::Value> =
        file.and_then(|(_, content)| serde_json::from_slice(content).ok()).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let given = values.iter().map(|(name, value)| format!("--input={name}={}", text(value)));
    let secrets = example.files.iter().filter_map(|(path, _)| path.strip_prefix(SECRETS));
    given.chain(secrets.map(|name| format!("--input-file={name}=../{SECRETS}{name}"))).collect()
}

fn status(command: &mut Command) -> Result<i32, Fault> {
    let status = command.status().map_err(|error| unstarted(&error))?;
    Ok(status.code().unwrap_or(Exit::Interrupted as i32))
}

fn unstarted(error: &std::io::Error) -> Fault {
    Fault::usage(format!("cannot start a command: {error}"))
}
