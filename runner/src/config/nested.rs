//! One `planc.toml` within the folder of another ⟶ whether it counts: rules that somebody set are not replaced by a file that was
//! put beneath them.

use super::catalogues::met;
use super::file::Settings;
use super::goes_by::{Held, Part};
use super::places::{find_upwards, is_of_system, resolve};
use super::wired::ways;
use super::{CEDAR_NAME, CONFIG_NAME, Closed, Config, ConfigError, file};
use crate::named::has_suffix;
use planc_lang::paths::{compile_glob, literal_prefix};
use std::path::{Component, Path, PathBuf};

/// The most entries that are looked at for workspaces within one.
const MAX_ENTRIES: usize = 100_000;
/// How many folders deep workspaces are looked for in a folder outside, and among how many entries.
const DEEP: usize = 3;
const MAX_BENEATH: usize = 10_000;

/// The next `planc.toml` above a folder that is a workspace of its own, or shall become one.
pub fn above(folder: &Path) -> Option<PathBuf> {
    find_upwards(resolve(folder).parent()?, CONFIG_NAME)
}

/// Refuses a `planc.toml` within the workspace of another one that does not list its folder, and so on upwards.
pub(super) fn check(inner: &Path) -> Result<(), ConfigError> {
    let mut inner = inner.to_owned();
    while let Some(outer) = inner.parent().and_then(above) {
        let (Some(root), Some(folder)) = (outer.parent(), inner.parent()) else { return Ok(()) };
        let relative = folder.strip_prefix(root).unwrap_or(folder);
        let lists = |glob: &str| compile_glob(glob).is_ok_and(|glob| glob.is_match(relative));
        if !file::read(&outer)?.workspace.nested().any(lists) {
            let message = format!(
                "`{}` lies in the workspace of `{}`, whose rules it would replace",
                inner.display(),
                outer.display()
            );
            let relative = relative.to_string_lossy();
            return Err(ConfigError::world(message)
                .help(format!(
                    "the operator lists the folder in `[workspace]` of the outer file: nested = [{relative:?}]"
                ))
                .help("or takes one of the two files away"));
        }
        inner = outer;
    }
    Ok(())
}

/// A workspace within another one, which lists it.
pub(super) struct Within {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Whether programs are started in it before anybody approves anything, as far as is known.
    starts: bool,
}

/// All workspaces within one.
pub(super) fn within(root: &Path, settings: &Settings) -> Result<Vec<Within>, ConfigError> {
    let mut found: Vec<Within> = Vec::new();
    for glob in settings.workspace.nested() {
        for folder in listed(root, glob)? {
            if found.iter().any(|other| other.folder == folder) {
                continue;
            }
            // One that cannot be read starts nothing now, and whatever it says later.
            let inner = file::read(&folder.join(CONFIG_NAME));
            if let Ok(inner) = &inner {
                found.extend(within(&folder, inner)?);
            }
            found.push(Within { folder, starts: inner.map_or(true, |inner| starts(&inner)) });
        }
    }
    Ok(found)
}

/// The folders with a `planc.toml` that a line of `nested` means.
fn listed(root: &Path, glob: &str) -> Result<Vec<PathBuf>, ConfigError> {
    let is_one = |folder: &Path| folder.join(CONFIG_NAME).symlink_metadata().is_ok();
    let prefix = literal_prefix(glob);
    if prefix == glob {
        return Ok(Some(root.join(glob)).filter(|folder| is_one(folder)).into_iter().collect());
    }
    let matcher = compile_glob(glob).map_err(ConfigError::world)?;
    let depth = |path: &str| path.split('/').filter(|part| !part.is_empty()).count();
    let deepest = (!glob.contains("**")).then(|| depth(glob) - depth(prefix));
    let walk = ignore::WalkBuilder::new(root.join(prefix))
        .standard_filters(false)
        .follow_links(false)
        .max_depth(deepest)
        .build();
    let mut folders = Vec::new();
    for (at, entry) in walk.filter_map(Result::ok).enumerate() {
        if at == MAX_ENTRIES {
            let message = format!("`{glob}` in `[workspace] nested` means more than {MAX_ENTRIES} files and folders");
            return Err(ConfigError::world(message).help("name the folders, or a folder around them"));
        }
        let folder = entry.path();
        let is_listed = folder.strip_prefix(root).is_ok_and(|relative| matcher.is_match(relative));
        if is_listed && folder != root && is_one(folder) {
            folders.push(folder.to_owned());
        }
    }
    Ok(folders)
}

/// Whether a configuration has programs started before anybody approves anything.
fn starts(settings: &Settings) -> bool {
    settings.servers.values().any(|server| server.is_program()) || settings.model.is_program()
}

/// Why no plan is approved where nobody is; none: some are. What starts in a workspace finds code in folders above and beneath by
/// itself, and plans of the other workspace do not know of it.
pub(super) fn closed(found: Option<&Path>, within: &[Within]) -> Result<Option<Closed>, ConfigError> {
    let Some(found) = found else { return Ok(Some(Closed::Unsaid)) };
    let mut inner = found.to_owned();
    while let Some(outer) = inner.parent().and_then(above) {
        if starts(&file::read(&outer)?) {
            return Ok(Some(Closed::Around));
        }
        inner = outer;
    }
    Ok(within.iter().any(|within| within.starts).then_some(Closed::Within))
}

/// Refuses what planc goes by, or runs in the open before anybody approves anything, where that lies in another workspace, within this
/// one or elsewhere: plans of that one may change it. Where programs lie in one around this, nothing is approved there where nobody is.
pub(super) fn check_parts(config: &Config, within: &[Within]) -> Result<(), ConfigError> {
    for part in config.goes_by().iter().filter(|part| part.held != Held::Word) {
        let meant = Meant {
            within: if part.held == Held::Run { within } else { &[] },
            around: if part.starts { Around::Ruled } else { Around::Other },
        };
        check_in(config, &meant, &part.path, part)?;
        // Code is found there, also where this workspace lies in it.
        if part.starts {
            check_beneath(config, &part.path, part)?;
        }
    }
    Ok(())
}

/// Why plans could reach a file or a folder on which approvals hang, in a phrase; none: neither it nor a link on the way to it lies in
/// a workspace, in `own` or in any other.
pub fn within_reach(path: &Path, own: &Path) -> Option<String> {
    let holder = |folder: PathBuf| match folder.starts_with(own) {
        true => Some(own.to_owned()),
        false => find_upwards(&folder, CONFIG_NAME).and_then(|file| Some(file.parent()?.to_owned())),
    };
    if let Some(other) = holder(resolve(path)) {
        return Some(format!("lies in the workspace `{}`, where plans could reach it", other.display()));
    }
    // Each name on the way, but for those that lead to the workspace itself.
    let ways = ways(path);
    let names = ways.iter().flat_map(|way| way.ancestors()).filter(|part| part.file_name().is_some());
    let mut folders = names.filter(|part| !own.starts_with(part)).filter_map(|part| Some(resolve(part.parent()?)));
    let other = folders.find_map(holder)?;
    Some(format!("is reached through the workspace `{}`, where plans could lead to another", other.display()))
}

/// Refuses what plans could reach.
pub(super) fn check_reach((what, path): (&str, &Path), own: &Path, help: &str) -> Result<(), ConfigError> {
    let refused = |why| ConfigError::world(format!("{what} `{}` {why}", path.display())).help(help);
    within_reach(path, own).map_or(Ok(()), |why| Err(refused(why)))
}

/// Refuses folders in which planc looks for workspaces and programs really write: a program could say there what plans may do.
pub(super) fn check_scratch(settings: &Settings, scratch: &[String]) -> Result<(), ConfigError> {
    let Some((folder, glob)) = met(settings.workspace.nested(), scratch) else { return Ok(()) };
    let message = format!(
        "programs really write `{folder}`, by `[programs] scratch` of `{CONFIG_NAME}`, and `{glob}` of `[workspace] nested` \
         names what may lie there: a program could write the rules of a workspace"
    );
    Err(ConfigError::world(message).help("name the folders of `nested` one by one"))
}

/// What another workspace is.
#[derive(Clone, Copy)]
struct Meant<'w> {
    /// Those within this one of which a part may be one.
    within: &'w [Within],
    around: Around,
}

/// What a workspace around this one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// It has rules for that.
    Ruled,
    /// Another one.
    Other,
}

/// Refuses one path that lies in another workspace.
fn check_in(config: &Config, meant: &Meant<'_>, path: &Path, part: &Part) -> Result<(), ConfigError> {
    let is_own = |folder: &Path| match meant.around {
        Around::Ruled => config.workspace.starts_with(resolve(folder)),
        Around::Other => config.workspace == resolve(folder),
    };
    let is_other = |folder: &&Path| !is_own(folder) && folder.join(CONFIG_NAME).symlink_metadata().is_ok();
    // What comes behind `..` stands in the way that is next.
    let straight = |path: &PathBuf| path.components().take_while(|part| *part != Component::ParentDir).collect();
    for path in ways(path).iter().map(straight).filter(|path: &PathBuf| !config.workspace.starts_with(path)) {
        // What lies in this workspace is ruled by it.
        let around = path.ancestors().take_while(|folder| resolve(folder) != config.workspace).find(is_other);
        let around = around.filter(|other| !is_out_of_reach(config, other, &path));
        let beneath =
            || meant.within.iter().map(|within| within.folder.as_path()).find(|folder| folder.starts_with(&path));
        if let Some(other) = around.or_else(beneath) {
            return Err(in_another(config, other, &path, part));
        }
    }
    Ok(())
}

/// Whether a file in a workspace around has a name that no plan there can touch, without a link on the way. Programs that really write
/// there are looked at by themselves.
fn is_out_of_reach(config: &Config, other: &Path, path: &Path) -> bool {
    let is_named = [CEDAR_NAME, CONFIG_NAME].iter().any(|name| path.ends_with(name));
    is_named && resolve(path) == path && config.workspace.starts_with(resolve(other))
}

/// Refuses a folder outside that holds another workspace, or a link into one, as far down as is looked.
fn check_beneath(config: &Config, path: &Path, part: &Part) -> Result<(), ConfigError> {
    let path = resolve(path);
    // A script finds code right beside it.
    let is_script = !path.is_dir() && path.to_str().is_some_and(has_suffix);
    let (folder, deep) = match path.parent().filter(|_| is_script) {
        Some(folder) => (folder.to_owned(), 1),
        None => (path, DEEP),
    };
    if folder.starts_with(&config.workspace) || is_of_system(&folder) || !folder.is_dir() {
        return Ok(());
    }
    let walk = ignore::WalkBuilder::new(&folder)
        .standard_filters(false)
        .follow_links(false)
        .max_depth(Some(deep))
        .filter_entry({
            let own = config.workspace.clone();
            move |entry| entry.path() != own
        })
        .build();
    for entry in walk.take(MAX_BENEATH).filter_map(Result::ok) {
        if entry.path_is_symlink() {
            check_in(config, &Meant { within: &[], around: Around::Ruled }, entry.path(), part)?;
        }
        let other = entry.path().parent().filter(|_| entry.file_name() == CONFIG_NAME);
        // One around this one rules for itself.
        if let Some(other) = other.filter(|other| !config.workspace.starts_with(other)) {
            return Err(in_another(config, other, &folder, part));
        }
    }
    Ok(())
}

fn in_another(config: &Config, other: &Path, path: &Path, part: &Part) -> ConfigError {
    let what = &part.what;
    let message = format!(
        "`{}` is a workspace of its own, whose plans could change what happens here before anybody approves anything: \
         {what} `{}`",
        config.shown(other),
        config.shown(path)
    );
    ConfigError::world(message).help(part.help)
}
