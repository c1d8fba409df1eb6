//! A path as written ⟶ the path without links, step by step over any [`World`]: the real tree or a simulated one.
//! Knows neither protection nor observations.

use super::MAX_LINKS;
use super::error::FileError;
use super::listing::{Info, Kind, Listing};
use planc_lang::paths::check_path;
use std::collections::VecDeque;
use std::path::Path;

/// A tree of files that can be looked at, link by link.
pub(super) trait World {
    /// The absolute path of the root: links may point at it.
    fn root(&self) -> &Path;
    /// What is at a resolved path; [`Kind::Missing`] also where something on the way is no directory.
    fn look(&self, path: &str) -> Result<Info, FileError>;
    /// What a directory holds.
    fn list(&self, path: &str) -> Result<Listing, FileError>;
    /// A small text such as `.gitignore`; none where there is no such file.
    fn small_text(&self, path: &str) -> Option<String>;
}

/// What becomes of a link that a path ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// It is followed.
    Follow,
    /// The link itself is meant.
    Keep,
}

/// A path without links.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The path.
    pub(super) path: String,
    /// The links that led to it, in order.
    pub(super) links: Vec<String>,
}

/// Where a path leads that a program is given.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// The links that are followed, in order, also where they lead nowhere.
    pub(crate) links: Vec<String>,
    /// Where a `..` goes up from: folders, and what is none or not there. With a link there the way would be another one.
    pub(crate) ups: Vec<String>,
    /// The path without links; none: it leads out of the workspace, in a circle, or to what no plan can name.
    pub(crate) end: Option<String>,
}

impl Way {
    /// All that decides where the way leads.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &String> {
        self.links.iter().chain(&self.ups)
    }
}

/// What is asked of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Every folder on it is there, and none of it lies outside.
    Strict,
    /// What it would lead to if all on it were folders, also out of the workspace and in again by its own name.
    Given,
}

/// Follows the links on the way to a path. What does not exist yet is kept as written.
pub(super) fn resolve_in(world: &impl World, path: &str, last: Last) -> Result<Resolved, FileError> {
    check_path(path).map_err(FileError::Form)?;
    let mut way = Way::default();
    let path = follow(world, path, last, Manner::Strict, &mut way)?;
    Ok(Resolved { path, links: way.links })
}

/// The same for a path as a program is given it, in which a `..` goes up from where the links before it have led.
pub(super) fn way_in(world: &impl World, path: &str) -> Way {
    let mut way = Way::default();
    let end = follow(world, path, Last::Follow, Manner::Given, &mut way).ok();
    Way { end, ..way }
}

fn follow(world: &impl World, path: &str, last: Last, manner: Manner, way: &mut Way) -> Result<String, FileError> {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let mut pending: VecDeque<String> = parts.map(str::to_owned).collect();
    let mut done: Vec<String> = Vec::new();
    let mut outside = Outside::of(world.root());
    let mut via = (String::new(), String::new());
    let escapes = |(link, target): (String, String)| FileError::Escapes { path: path.into(), link, target };
    while let Some(part) = pending.pop_front() {
        if part == ".." {
            // Targets of links have it, and words of command lines.
            let from = done.join("/");
            match (done.pop(), manner) {
                (Some(_), _) if !way.ups.contains(&from) => way.ups.push(from),
                (Some(_), _) => {}
                (None, Manner::Given) => outside.up(),
                (None, Manner::Strict) => return Err(escapes(via)),
            }
            continue;
        }
        if outside.is_there() {
            match outside.down(&part) {
                true => continue,
                false => return Err(escapes(via)),
            }
        }
        done.push(part);
        let here = done.join("/");
        let info = world.look(&here)?;
        match info.kind {
            Kind::Missing if pending.iter().all(|part| part != "..") => done.extend(pending.drain(..)),
            Kind::Missing if manner == Manner::Strict => return Err(FileError::missing(&here)),
            Kind::Missing => {}
            Kind::Link if last == Last::Keep && pending.is_empty() => {}
            Kind::Link => {
                if way.links.len() == MAX_LINKS {
                    return Err(FileError::Loop { path: path.into() });
                }
                let Some(target) = info.target else {
                    return Err(FileError::Form(format!("the link `{here}` has a target that is not UTF-8")));
                };
                via = (here.clone(), target.escape_debug().to_string());
                done.pop();
                way.links.push(here);
                let Some(rest) = relative(world.root(), &target, &mut done) else { return Err(escapes(via)) };
                for part in rest.into_iter().rev() {
                    pending.push_front(part);
                }
            }
            Kind::File | Kind::Other if !pending.is_empty() && manner == Manner::Strict => {
                return Err(FileError::Kind { path: here, found: info.kind.described(), wanted: "a directory" });
            }
            Kind::File | Kind::Other | Kind::Directory => {}
        }
    }
    if outside.is_there() {
        return Err(escapes(via));
    }
    let path = if done.is_empty() { ".".to_owned() } else { done.join("/") };
    // A link's target may hold what a plan could not write.
    check_path(&path).map_err(FileError::Form)?;
    Ok(path)
}

/// How far above the root a way has gone.
struct Outside {
    /// The names that lead to the root.
    names: Vec<String>,
    above: usize,
}

impl Outside {
    fn of(root: &Path) -> Outside {
        let names = root.iter().skip(1).map(|name| name.to_string_lossy().into_owned());
        Outside { names: names.collect(), above: 0 }
    }

    fn is_there(&self) -> bool {
        self.above > 0
    }

    fn up(&mut self) {
        self.above = self.names.len().min(self.above + 1);
    }

    /// Whether a name leads back towards the root.
    fn down(&mut self, name: &str) -> bool {
        let is_own = self.names[self.names.len() - self.above] == name;
        self.above -= usize::from(is_own);
        is_own
    }
}

/// The parts of a link's target, seen from `done`; `done` is emptied for an absolute target inside the root. `None` for
/// any other absolute target.
fn relative(root: &Path, target: &str, done: &mut Vec<String>) -> Option<Vec<String>> {
    let rest = match target.starts_with('/') {
        false => target,
        true => {
            let rest = target.strip_prefix(root.to_str()?)?;
            if !(rest.is_empty() || rest.starts_with('/')) {
                return None;
            }
            done.clear();
            rest
        }
    };
    Some(rest.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect())
}
