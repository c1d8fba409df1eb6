//! What the tests share: a workspace in a temporary directory, calls of tools by name, pictures of a tree.

use planc::tool::registry::{Implementation, Registry};
use planc::tool::{Args, CallContext, ToolError};
use planc::workspace::{Change, Contents, Overlay, Workspace};
use planc_lang::catalogue::{Catalogue, Param, Tool};
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::conform::check_value;
use planc_lang::source::Sources;
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
            identity: None,
            timeout: Duration::from_secs(20),
            kill,
            run: format!("test-{}", uuid::Uuid::new_v4()),
            step: "step".into(),
            idempotency_key: None,
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
        Some(Implementation::Files(implementation)) => {
            let args = arguments(tool, args);
            let result = implementation(&args, overlay);
            check(&args.tool, &result);
            result
        }
        other => panic!("`{tool}` is {other:?}"),
    }
}

/// Calls a live tool.
pub fn live(tool: &str, args: &[(&str, Value)], context: &CallContext) -> Result<Value, ToolError> {
    let registry = Registry::builtin();
    let Some(Implementation::Live(implementation)) = registry.get(tool) else { panic!("`{tool}` is not live") };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let args = arguments(tool, args);
    let result = runtime.expect("a runtime can be made").block_on(implementation.call(&args, context));
    check(&args.tool, &result);
    result
}

/// A result is of the type that the catalogue declares.
fn check(tool: &Tool, result: &Result<Value, ToolError>) {
    if let Ok(value) = result {
        check_value(value, &tool.result).unwrap_or_else(|misfit| panic!("{}: {misfit} in {value}", tool.name));
    }
}

fn arguments(tool: &str, given: &[(&str, Value)]) -> Args {
    let tool = catalogue().tool(tool).expect("the built-in catalogue declares it").clone();
    let of = |param: &Param| {
        let value = given.iter().find(|(name, _)| param.name == *name).map(|(_, value)| value.clone());
        value.or_else(|| param.default.clone()).unwrap_or(Value::Null)
    };
    for (name, _) in given {
        assert!(tool.param(name).is_some(), "`{}` has no parameter `{name}`", tool.name);
    }
    Args { values: tool.params.iter().map(of).collect(), tool }
}

/// The built-in catalogue.
pub fn catalogue() -> Catalogue {
    let mut sources = Sources::default();
    let index = add_builtin(&mut sources);
    let (catalogue, diagnostics) = load_catalogue(&sources, &[index]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    catalogue
}
