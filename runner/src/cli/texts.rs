//! Names on the command line ⟶ texts: files, folders, standard input, and the catalogues of the workspace.
//!
//! Every read is bounded. What cannot be read is told per file, so that it hides nothing of the others.

use super::fault::Fault;
use crate::config::Config;
use crate::writing::{Held, Place};
use planc_lang::catalogue::Catalogue;
use planc_lang::codes::Code;
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::diagnostic::{Colour, Diagnostic, render_all, to_json};
use planc_lang::source::{MAX_SOURCE_BYTES, Source, Sources, Span};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What standard input is called.
pub const STDIN: &str = "<stdin>";

/// The extension of plans and catalogues.
pub const EXTENSION: &str = "pl";

/// The most files that a folder is searched for.
pub const MAX_FILES: usize = 10_000;

/// What a name on the command line gave.
pub enum Text {
    /// A text.
    Read(String),
    /// Something that is no text of a plan: the code says what.
    Unfit(Code, String),
    /// Nothing.
    Unreadable(String),
}

/// Reads a file, or standard input for `-`.
pub fn read(name: &str, path: &Path) -> Text {
    let limit = MAX_SOURCE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let result = match name {
        "-" => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        _ => std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    match result {
        Err(error) => Text::Unreadable(error.to_string()),
        Ok(_) if bytes.len() > MAX_SOURCE_BYTES => too_large(),
        Ok(_) => decoded(bytes),
    }
}

/// The file that a text was read from, which may be rewritten.
pub type Origin = (Place, Held);

/// Reads a file that may be rewritten, which is a regular one; or standard input for `-`.
pub fn read_to_rewrite(name: &str, path: &Path) -> (Text, Option<Origin>) {
    if name == "-" {
        return (read(name, path), None);
    }
    let found = Place::of(path).and_then(|place| {
        let held = place.read(MAX_SOURCE_BYTES)?.ok_or(rustix::io::Errno::NOENT)?;
        Ok((place, held))
    });
    match found {
        Ok((place, held)) => (decoded(held.bytes.clone()), Some((place, held))),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => (too_large(), None),
        Err(error) => (Text::Unreadable(error.to_string()), None),
    }
}

fn too_large() -> Text {
    Text::Unfit(Code::SourceTooLarge, format!("more than {} MiB", MAX_SOURCE_BYTES / 1024 / 1024))
}

fn decoded(bytes: Vec<u8>) -> Text {
    match String::from_utf8(bytes) {
        Ok(text) => Text::Read(text),
        Err(error) => Text::Unfit(
            Code::BinarySource,
            format!("the byte at offset {} is not UTF-8", error.utf8_error().valid_up_to()),
        ),
    }
}

/// What diagnostics call a name of the command line.
pub fn shown(name: &str) -> &str {
    if name == "-" { STDIN } else { name }
}

/// The texts that every plan of a workspace is compiled with.
pub struct Base {
    /// The built-in catalogue and those of the workspace.
    pub sources: Sources,
    /// Their tools.
    pub catalogue: Catalogue,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Texts that are read instead of what the files at these places hold.
pub type Instead = BTreeMap<PathBuf, String>;

/// The catalogues as their files hold them.
pub struct Texts {
    sources: Sources,
    /// The built-in one, and those that are texts.
    indices: Vec<usize>,
    unfit: Vec<Diagnostic>,
}

impl Texts {
    /// Reads the catalogues. One that cannot be read is a fault: what a plan means would depend on it.
    pub fn read(config: &Config, instead: &Instead) -> Result<Texts, Fault> {
        let mut sources = Sources::default();
        let mut indices = vec![add_builtin(&mut sources)];
        let mut unfit = Vec::new();
        for path in &config.catalogues {
            let name = config.shown(path).into_owned();
            let text = match path.canonicalize().ok().and_then(|path| instead.get(&path)) {
                Some(text) => Text::Read(text.clone()),
                None => read(&name, path),
            };
            match text {
                Text::Read(text) => indices.push(sources.add(name, text)),
                Text::Unfit(code, why) => unfit.push(unfit_diagnostic(&mut sources, &name, code, &why)),
                Text::Unreadable(why) => {
                    return Err(Fault::usage(format!("cannot read the catalogue `{name}`: {why}")));
                }
            }
        }
        Ok(Texts { sources, indices, unfit })
    }

    /// These, and one more.
    pub fn and(mut self, name: &str, text: Option<String>) -> Texts {
        self.indices.extend(text.map(|text| self.sources.add(name, text)));
        self
    }

    /// Whether these are all and the same texts: what was compiled from them is what would be compiled again.
    pub fn are(&self, other: &Sources) -> bool {
        let pair = |source: &Source| (source.name.clone(), source.text.clone());
        self.unfit.is_empty() && self.sources.iter().map(pair).eq(other.iter().map(pair))
    }

    /// What they declare.
    pub fn load(self) -> Base {
        let Texts { sources, indices, unfit } = self;
        let (catalogue, mut diagnostics) = load_catalogue(&sources, &indices);
        diagnostics.extend(unfit);
        Base { sources, catalogue, diagnostics }
    }
}

/// What the catalogues declare, see [`Texts::read`].
pub fn base(config: &Config, instead: &Instead) -> Result<Base, Fault> {
    Ok(Texts::read(config, instead)?.load())
}

/// A mistake about a whole file, of which no text is kept.
pub fn unfit_diagnostic(sources: &mut Sources, name: &str, code: Code, why: &str) -> Diagnostic {
    let index = sources.add(name, "");
    let start = sources.get(index).base;
    let message = format!("`{name}` cannot be read as a plan");
    Diagnostic::new(code, Span::new(start, start), message).label(why).help(match code {
        Code::SourceTooLarge => "Let the plan read what is long from a file of its own, with `fs.read`.",
        _ => "Save it as UTF-8, or name the file of a plan.",
    })
}

/// Diagnostics drawn one below the other.
pub fn draw(diagnostics: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    match diagnostics {
        [] => String::new(),
        some => render_all(some, sources, colour) + "\n",
    }
}

/// Mistakes as a fault.
pub fn fault(message: String, diagnostics: &[Diagnostic], sources: &Sources, colour: Colour) -> Fault {
    let drawn = draw(diagnostics, sources, colour);
    let data = diagnostics.iter().map(|diagnostic| to_json(diagnostic, sources)).collect();
    Fault { diagnostics: Some(Box::new((drawn, data))), ..Fault::new(super::exit::Exit::PlanErrors, message) }
}

/// The plans and catalogues in a folder and beneath it, sorted; what git ignores is left out. A folder that cannot be looked
/// into is among them, so that whoever reads it says why.
pub fn find(folder: &Path) -> Vec<PathBuf> {
    let is_plan = |entry: &ignore::DirEntry| {
        entry.file_type().is_some_and(|kind| kind.is_file())
            && entry.path().extension().is_some_and(|extension| extension == EXTENSION)
    };
    let looked = ignore::WalkBuilder::new(folder).build().filter_map(|entry| match entry {
        Ok(entry) => is_plan(&entry).then(|| entry.into_path()),
        Err(error) => unread(&error).map(Path::to_owned),
    });
    let mut found: Vec<PathBuf> = looked.take(MAX_FILES).collect();
    found.sort();
    found
}

/// What could not be looked at.
fn unread(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => unread(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(unread),
        ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => None,
    }
}
