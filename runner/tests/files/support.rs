//! What the tests share: a workspace in a temporary directory, calls of tools by name, pictures of a tree.

use planc::tool::registry::{Implementation, Registry};
use planc::tool::{Args, CallContext, ToolError};
use planc::workspace::{Change, Contents, Overlay, Workspace};
use planc_lang::catalogue::{Param, Tool};
use planc_lang::effects::Effects;
use planc_lang::source::Span;
use planc_lang::syntax::Approval;
use planc_lang::types::Type;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A workspace, a place outside of it, and a content store.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub workspace: Arc<Workspace>,
    pub contents: Contents,
}

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let root = dir.path().join("ws");
        fs::create_dir(&root).expect("a directory can be made");
        fs::create_dir(dir.path().join("out")).expect("a directory can be made");
        fs::write(dir.path().join("out/secret"), "secret").expect("a file can be written");
        fs::write(root.join("planc.toml"), "").expect("a file can be written");
        let protected = vec![root.join("planc.toml").canonicalize().expect("it exists")];
        let workspace = Arc::new(Workspace::open(&root, protected).expect("a workspace can be opened"));
        let contents = Contents::open(&dir.path().join("store")).expect("a store can be opened");
        Place { dir, workspace, contents }
    }

    pub fn root(&self) -> &Path {
        self.workspace.root()
    }

    pub fn out(&self) -> PathBuf {
        self.dir.path().canonicalize().expect("it exists").join("out")
    }

    /// Writes a file and the directories above it.
    pub fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().expect("a file has a directory")).expect("directories can be made");
        fs::write(file, text).expect("a file can be written");
    }

    pub fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.root().join(path), fs::Permissions::from_mode(mode)).expect("a mode can be set");
    }

    pub fn link(&self, target: impl AsRef<Path>, path: &str) {
        std::os::unix::fs::symlink(target, self.root().join(path)).expect("a link can be made");
    }

    pub fn overlay(&self) -> Overlay {
        Overlay::new(self.workspace.clone())
    }

    /// Applies the changes of an overlay, their contents kept first, as a run does.
    pub fn apply(&self, overlay: &mut Overlay) -> Vec<Change> {
        let changes = overlay.take_changes();
        for bytes in overlay.contents().values() {
            self.contents.put(bytes).expect("a content can be kept");
        }
        for change in &changes {
            self.workspace.apply(change, &self.contents).unwrap_or_else(|error| panic!("{change:?}: {error}"));
        }
        changes
    }

    /// Calls a tool, and makes it true.
    pub fn act(&self, tool: &str, args: &[(&str, Value)]) -> (Value, Vec<Change>) {
        let mut overlay = self.overlay();
        let result = call(&mut overlay, tool, args).unwrap_or_else(|error| panic!("{tool}: {error}"));
        let changes = self.apply(&mut overlay);
        (result, changes)
    }

    pub fn context(&self) -> CallContext {
        let (sender, kill) = tokio::sync::watch::channel(false);
        // The sender lives as long as the test: nobody asks to end.
        std::mem::forget(sender);
        CallContext {
            workspace: self.root().to_owned(),
            timeout: Duration::from_secs(20),
            kill,
            run: format!("test-{}", uuid::Uuid::new_v4()),
            step: "step".into(),
            pass_env: Vec::new(),
        }
    }
}

/// Every path with what it is: kind, mode, content or target.
pub fn picture(root: &Path) -> BTreeMap<Vec<u8>, String> {
    picture_with(root, |_| String::new())
}

/// As [`picture`], with identities and times.
pub fn exact_picture(root: &Path) -> BTreeMap<Vec<u8>, String> {
    picture_with(root, |meta| {
        let (m, c) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        format!(" {} {m:?} {c:?}", meta.ino())
    })
}

fn picture_with(root: &Path, more: fn(&fs::Metadata) -> String) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(path) = pending.pop() {
        let meta = path.symlink_metadata().expect("it was listed");
        let what = if meta.is_dir() {
            pending.extend(fs::read_dir(&path).expect("it can be listed").map(|entry| entry.expect("an entry").path()));
            format!("directory {:o}", meta.mode())
        } else if meta.is_symlink() {
            format!("link {:?}", fs::read_link(&path).expect("a link has a target"))
        } else if meta.is_file() {
            format!("file {:o} {:?}", meta.mode(), fs::read(&path).map(|bytes| bytes.escape_ascii().to_string()))
        } else {
            format!("other {:o}", meta.mode())
        };
        let name = path.strip_prefix(root).expect("it lies in the root").as_os_str().as_bytes().to_vec();
        found.insert(name, what + &more(&meta));
    }
    found
}

pub fn text(text: &str) -> Value {
    Value::string(text)
}

pub fn strings(items: &[&str]) -> Value {
    Value::list(items.iter().map(|item| Value::string(*item)))
}

/// Calls a file tool on an overlay.
pub fn call(overlay: &mut Overlay, tool: &str, args: &[(&str, Value)]) -> Result<Value, ToolError> {
    match Registry::builtin().get(tool) {
        Some(Implementation::Files(implementation)) => implementation(&arguments(tool, args), overlay),
        other => panic!("`{tool}` is {other:?}"),
    }
}

/// Calls a live tool.
pub fn live(tool: &str, args: &[(&str, Value)], context: &CallContext) -> Result<Value, ToolError> {
    let registry = Registry::builtin();
    let Some(Implementation::Live(implementation)) = registry.get(tool) else { panic!("`{tool}` is not live") };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be made").block_on(implementation.call(&arguments(tool, args), context))
}

fn arguments(tool: &str, given: &[(&str, Value)]) -> Args {
    let tool = Arc::new(definition(tool));
    let of = |param: &Param| {
        let value = given.iter().find(|(name, _)| param.name == *name).map(|(_, value)| value.clone());
        value.or_else(|| param.default.clone()).unwrap_or(Value::Null)
    };
    for (name, _) in given {
        assert!(tool.param(name).is_some(), "`{}` has no parameter `{name}`", tool.name);
    }
    Args { values: tool.params.iter().map(of).collect(), tool }
}

/// The signatures of the built-in tools, as far as the tools look at them.
fn definition(name: &str) -> Tool {
    let no = || Some(Value::Bool(false));
    let int = |int| Some(Value::Int(int));
    let nothing = || Some(Value::list([]));
    let (params, result): (Vec<(&str, Option<Value>)>, Vec<(&str, Type)>) = match name {
        "fs.read" => (vec![("path", None), ("max_bytes", int(8 << 20))], vec![PATH, ("text", Type::String), BYTES]),
        "fs.list" => (vec![("path", Some(text(".")))], vec![PATH, ("entries", Type::list(Type::Any))]),
        "fs.glob" => (vec![("pattern", None), ("ignored", no())], vec![("paths", Type::list(Type::Path))]),
        "fs.stat" => (vec![("path", None)], vec![PATH, ("kind", Type::String), BYTES, ("mode", Type::String)]),
        "fs.search" => (
            vec![("pattern", None), ("files", Some(text("**"))), ("max_matches", int(10000)), ("ignored", no())],
            vec![("matches", Type::list(Type::Any)), ("files", Type::Int)],
        ),
        "fs.write" => (vec![("path", None), ("text", None), ("executable", no())], vec![PATH, BYTES, CREATED]),
        "fs.edit" => (vec![("path", None), ("edits", None)], vec![PATH, ("replaced", Type::Int), BYTES]),
        "fs.append" => (vec![("path", None), ("text", None)], vec![PATH, BYTES, CREATED]),
        "fs.copy" => (vec![("from", None), ("to", None), ("replace", no())], vec![PATH, FILES]),
        "fs.move" => (vec![("from", None), ("to", None)], vec![PATH, FILES]),
        "fs.delete" => (vec![("path", None), ("recursive", no())], vec![PATH, FILES]),
        "fs.make_dir" => (vec![("path", None)], vec![PATH, CREATED]),
        "process.run" => (
            vec![
                ("argv", None),
                ("directory", Some(text("."))),
                ("env", nothing()),
                ("stdin", Some(text(""))),
                ("success", Some(Value::list([Value::Int(0)]))),
                ("max_output_bytes", int(1 << 20)),
            ],
            vec![("exit_code", Type::Int)],
        ),
        "http.get" => (
            vec![("url", None), ("headers", nothing()), ("any_status", no()), ("max_bytes", int(1 << 20))],
            vec![("url", Type::String)],
        ),
        other => panic!("no such tool: `{other}`"),
    };
    let param = |(name, default): (&str, Option<Value>)| Param {
        name: name.into(),
        doc: String::new(),
        ty: Type::Any,
        optional: false,
        default,
    };
    Tool {
        name: name.into(),
        doc: String::new(),
        params: params.into_iter().map(param).collect(),
        result: Type::record(result),
        effects: Effects::Undeclared,
        approval: Approval::Ask,
        idempotent: false,
        independent: false,
        timeout_ms: None,
        category: None,
        span: Span::default(),
    }
}

const PATH: (&str, Type) = ("path", Type::Path);
const BYTES: (&str, Type) = ("bytes", Type::Int);
const CREATED: (&str, Type) = ("created", Type::Bool);
const FILES: (&str, Type) = ("files", Type::Int);
