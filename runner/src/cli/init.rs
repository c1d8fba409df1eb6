//! `planc init`: an empty folder ⟶ a configuration, with the yes of a person, and a first plan. Never overwrites.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::{NoYes, agreed};
use crate::config::{CONFIG_NAME, Places, TEMPLATE, above, unfit};
use crate::render::text::inline;
use crate::writing::{USUAL_MODE, create};
use std::path::PathBuf;

/// The name of the first plan.
pub const FIRST_PLAN: &str = "hello.pl";

/// A first plan, which needs nothing but an empty folder.
pub const FIRST_PLAN_TEXT: &str = r#"plan "Say hello" {
  rationale "A first plan: one small file, which planc can take back."

  critical {
    create "hello.txt"  "the greeting"
  }

  step greeting = fs.write(path: "hello.txt", text: "Hello from planc.\n") {
    because "A greeting is the smallest useful file."
  }

  verify "the greeting is there" {
    fs.stat(path: "hello.txt").kind == "file"
  }
}
"#;

/// Arguments of `planc init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; it is made where it is missing
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let folder = args.folder.as_ref().map_or_else(|| session.current.clone(), |folder| session.path(folder));
    let is_new = !folder.join(CONFIG_NAME).exists();
    if let Some(why) = unfit(&folder, false, &Places::of_process()?).filter(|_| is_new) {
        return Err(Fault::usage(format!("`{}` cannot be a workspace: {why}", folder.display()))
            .help("name the folder of a project: `planc init DIR`"));
    }
    if let Some(outer) = above(&folder).filter(|_| is_new) {
        return Err(Fault::usage(format!("`{}` lies in the workspace of `{}`", folder.display(), outer.display()))
            .help("the operator writes a `planc.toml` there, and lists the folder in `[workspace] nested` of the outer one"));
    }
    if is_new {
        let folder = inline(&folder.to_string_lossy());
        let question =
            format!("Write `{CONFIG_NAME}` into `{folder}`? Where one is, what planc can undo needs nobody's yes.");
        let unsaid = "where a `planc.toml` is, what planc can undo needs nobody's yes: only a person on a terminal lets planc write one";
        agreed(&question).map_err(|no| match no {
            NoYes::Nobody => Fault::new(Exit::Refused, unsaid)
                .help("where nobody is, as in CI, `planc.toml` is a file of the project that somebody has put there"),
            NoYes::Other => Fault::new(Exit::Refused, "that was not `yes`; nothing was written"),
            NoYes::Interrupted => no.fault("", "nothing was written"),
        })?;
    }
    std::fs::create_dir_all(&folder)
        .map_err(|error| Fault::usage(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    let (mut written, mut kept) = (Vec::new(), Vec::new());
    for (name, text) in [(CONFIG_NAME, TEMPLATE), (FIRST_PLAN, FIRST_PLAN_TEXT)] {
        let path = folder.join(name);
        match create(&path, text.as_bytes(), USUAL_MODE) {
            Ok(()) => written.push(name),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => kept.push(name),
            Err(error) => return Err(Fault::usage(format!("cannot write `{}`: {error}", path.display()))),
        }
    }
    if session.out.is_json() {
        session.out.json(&serde_json::json!({ "written": written, "kept": kept }))?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    written.iter().for_each(|name| text.push_str(&format!("wrote {name}\n")));
    kept.iter().for_each(|name| text.push_str(&format!("kept {name}, which is there already\n")));
    session.out.show(&format!("{text}\n`planc plan {FIRST_PLAN}` shows what the plan would do.\n"))?;
    Ok(Exit::Success)
}
