//! A glob ⟶ the files that match it, over any [`World`], as git would see them: `.gitignore` files are honoured down from
//! the root whether or not there is a repository, never from above it, and no configuration of the user counts.

use super::error::FileError;
use super::listing::Kind;
use super::resolve::World;
use super::{MAX_PATHS, MAX_WALKED};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use planc_lang::paths::{check_glob, check_path, compile_glob, literal_prefix};
use std::sync::Arc;

/// What git keeps for itself.
const GIT: &str = ".git";

/// The rules of one directory and of those above it.
type Rules = Vec<Arc<Gitignore>>;

/// The regular files that a glob matches, sorted. Links are neither followed nor listed; nor is what has a name that a
/// plan cannot write, or what is planc's own.
pub(super) fn matches(world: &impl World, glob: &str, ignored: bool) -> Result<Vec<String>, FileError> {
    check_glob(glob).map_err(FileError::Form)?;
    let matcher = compile_glob(glob).map_err(FileError::Form)?;
    let Some(start) = start(world, glob, ignored)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut walked = 0usize;
    let mut pending = vec![start];
    while let Some((dir, rules)) = pending.pop() {
        for entry in world.list(&dir)?.entries {
            walked += 1;
            if walked > MAX_WALKED {
                return Err(limit(glob, "looks at", MAX_WALKED));
            }
            let path = join(&dir, &entry.name);
            let is_dir = entry.kind == Kind::Directory;
            if check_path(&path).is_err() || (!ignored && is_ignored(&rules, &path, is_dir)) {
                continue;
            }
            if is_dir {
                let rules = if ignored { rules.clone() } else { with_rules(world, &rules, &path) };
                pending.push((path, rules));
            } else if entry.kind == Kind::File && matcher.is_match(&path) {
                if found.len() == MAX_PATHS {
                    return Err(limit(glob, "matches", MAX_PATHS));
                }
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A name in a directory as a path.
pub(super) fn join(dir: &str, name: &str) -> String {
    if dir == "." { name.to_owned() } else { format!("{dir}/{name}") }
}

/// The directory above a path.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(parent, _)| parent)
}

/// The deepest directory that the glob names without wildcards, with the rules that hold in it; none where it does not
/// exist or is ignored.
fn start(world: &impl World, glob: &str, ignored: bool) -> Result<Option<(String, Rules)>, FileError> {
    let prefix = match literal_prefix(glob) {
        whole if whole == glob => parent(glob),
        "" => ".",
        prefix => prefix,
    };
    let mut dir = ".".to_owned();
    let mut rules = if ignored { Rules::new() } else { with_rules(world, &repository_rules(world), &dir) };
    for part in prefix.split('/').filter(|part| *part != ".") {
        dir = join(&dir, part);
        if world.look(&dir)?.kind != Kind::Directory || (!ignored && is_ignored(&rules, &dir, true)) {
            return Ok(None);
        }
        if !ignored {
            rules = with_rules(world, &rules, &dir);
        }
    }
    Ok((world.look(&dir)?.kind == Kind::Directory).then_some((dir, rules)))
}

fn repository_rules(world: &impl World) -> Rules {
    compiled(world, ".git/info/exclude", ".").into_iter().collect()
}

fn with_rules(world: &impl World, above: &Rules, dir: &str) -> Rules {
    let mut rules = above.clone();
    rules.extend(compiled(world, &join(dir, ".gitignore"), dir));
    rules
}

fn compiled(world: &impl World, file: &str, dir: &str) -> Option<Arc<Gitignore>> {
    let text = world.small_text(file)?;
    let mut builder = GitignoreBuilder::new(if dir == "." { "" } else { dir });
    for line in text.trim_start_matches('\u{feff}').lines() {
        // As git does, a line that is no pattern is passed over.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().map(Arc::new)
}

/// Whether git ignores a path whose directory it does not ignore: the deepest file with a word on it decides.
fn is_ignored(rules: &Rules, path: &str, is_dir: bool) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.eq_ignore_ascii_case(GIT) {
        return true;
    }
    let verdict = rules.iter().rev().map(|rules| rules.matched(path, is_dir)).find(|verdict| !verdict.is_none());
    verdict.is_some_and(|verdict| verdict.is_ignore())
}

fn limit(glob: &str, does: &str, most: usize) -> FileError {
    FileError::Limit(format!("the glob `{glob}` {does} more than {most} paths"))
}
