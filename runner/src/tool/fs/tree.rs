//! `fs.copy`, `fs.move`, `fs.delete`: changes of whole trees, path by path. Links inside a tree are copied as links.

use super::super::{Args, ToolError};
use super::{count, not_root, touches, touches_any_path, whole};
use crate::workspace::{FileError, Kind, Overlay, Sight};
use planc_lang::paths::within;
use planc_lang::value::Value;

/// A path and all beneath it.
type Tree = Vec<(String, Kind)>;

/// `fs.copy`
pub fn copy(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    whole(overlay, |overlay| {
        let Some(to) = args.text("to") else { return Ok(touches_any_path(args, overlay)) };
        let target = overlay.resolve_link(to)?;
        let (Some(from), Some(replace)) = (args.text("from"), args.flag("replace")) else {
            touches(overlay, &target, None);
            return Ok(args.result_with([("path", Value::string(to))]));
        };
        let source = overlay.resolve(from)?;
        let replace = if replace { Target::MayBeFile } else { Target::MustBeNew };
        let copied = copied(overlay, &source, &target, replace)?;
        if let Sight::Unknown { by } = &copied {
            undecided(overlay, by, &[&target]);
        }
        Ok(result(args, to, copied.map(|tree| files(&tree))))
    })
}

/// `fs.move`
pub fn move_tree(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    whole(overlay, |overlay| {
        let (Some(from), Some(to)) = (args.text("from"), args.text("to")) else {
            return Ok(touches_any_path(args, overlay));
        };
        let source = overlay.resolve_link(from)?;
        let target = overlay.resolve_link(to)?;
        not_root(&source, "move")?;
        let moved = match copied(overlay, &source, &target, Target::MustBeNew)? {
            Sight::Known(tree) => deleted(overlay, &tree)?.map(|()| files(&tree)),
            Sight::Unknown { by } => Sight::Unknown { by },
        };
        if let Sight::Unknown { by } = &moved {
            undecided(overlay, by, &[&source, &target]);
        }
        Ok(result(args, to, moved))
    })
}

/// `fs.delete`
pub fn delete(args: &Args, overlay: &mut Overlay) -> Result<Value, ToolError> {
    whole(overlay, |overlay| {
        let Some(given) = args.text("path") else { return Ok(touches_any_path(args, overlay)) };
        let path = overlay.resolve_link(given)?;
        not_root(&path, "delete")?;
        let Some(recursive) = args.flag("recursive") else {
            touches(overlay, &path, None);
            return Ok(args.result_with([("path", Value::string(given))]));
        };
        let gone = match overlay.stat(&path)? {
            Sight::Unknown { by } => Sight::Unknown { by },
            Sight::Known(info) if info.kind == Kind::Directory && !recursive => {
                return Err(ToolError::before(format!(
                    "could not delete `{given}`: it is a directory, which needs `recursive: true`"
                )));
            }
            Sight::Known(_) => match overlay.tree(&path)? {
                Sight::Known(tree) => deleted(overlay, &tree)?.map(|()| files(&tree)),
                Sight::Unknown { by } => Sight::Unknown { by },
            },
        };
        if let Sight::Unknown { by } = &gone {
            undecided(overlay, by, &[&path]);
        }
        Ok(result(args, given, gone))
    })
}

/// What a target may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Nothing may be there.
    MustBeNew,
    /// A file is replaced by a file.
    MayBeFile,
}

fn copied(overlay: &mut Overlay, source: &str, target: &str, may_be: Target) -> Result<Sight<Tree>, FileError> {
    not_root(target, "copy over")?;
    if within(target, source) {
        let why = format!("`{target}` is the same or lies in it");
        return Err(FileError::Io { doing: "copy", path: source.into(), why });
    }
    let there = match overlay.stat(target)? {
        Sight::Known(info) => info.kind,
        Sight::Unknown { by } => return Ok(Sight::Unknown { by }),
    };
    let tree = match overlay.tree(source)? {
        Sight::Known(tree) => tree,
        Sight::Unknown { by } => return Ok(Sight::Unknown { by }),
    };
    match (there, tree[0].1) {
        (_, Kind::Missing) => return Err(FileError::missing(source)),
        (Kind::Missing, _) => {}
        (Kind::File, Kind::File) if may_be == Target::MayBeFile => {}
        _ => return Err(FileError::Exists { path: target.into() }),
    }
    overlay.make_dir(target.rsplit_once('/').map_or(".", |(parent, _)| parent))?;
    for (path, _) in &tree {
        if let Sight::Unknown { by } = overlay.copy_one(path, &format!("{target}{}", &path[source.len()..]))? {
            return Ok(Sight::Unknown { by });
        }
    }
    Ok(Sight::Known(tree))
}

fn deleted(overlay: &mut Overlay, tree: &Tree) -> Result<Sight<()>, FileError> {
    for (path, _) in tree.iter().rev() {
        if let Sight::Unknown { by } = overlay.delete(path)? {
            return Ok(Sight::Unknown { by });
        }
    }
    Ok(Sight::Known(()))
}

/// What was begun is taken back: what the call does to these paths is not known.
fn undecided(overlay: &mut Overlay, by: &str, paths: &[&str]) {
    overlay.roll_back();
    for path in paths {
        touches(overlay, path, Some(by.to_owned()));
    }
}

fn files(tree: &Tree) -> usize {
    tree.iter().filter(|(_, kind)| *kind != Kind::Directory).count()
}

fn result(args: &Args, path: &str, files: Sight<usize>) -> Value {
    let path = ("path", Value::string(path));
    match files {
        Sight::Known(files) => Value::record([path, ("files", count(files))]),
        Sight::Unknown { .. } => args.result_with([path]),
    }
}
