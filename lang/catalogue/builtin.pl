// The tools that planc itself brings. All paths are relative to the workspace and stay inside it, links included;
// planc's own configuration and state are out of reach for every one of them, and never listed. A file has at most
// 64 MiB; one call changes at most 100000 paths and 256 MiB. New files have mode 0644, new directories 0755.
//
// Where values come from: what files hold is `stored`, as trustworthy as what was put there. A path that a tool gives back
// is the one that it was given, and so is its word on nothing else. What a call counts depends on what files hold.

/// Files of the workspace.
catalogue fs {
  type Kind = "file" | "directory" | "link" | "other" | "missing"

  /// The text of a file. Fails where the file is missing or is not UTF-8.
  tool read(
    path: path,
    /// Larger files are refused.
    max_bytes: int = 8388608,
  ) -> { trusted path: path, stored text: string, stored bytes: int } {
    reads path
  }

  /// What a directory holds, by name. Links in it are not followed. Names that no plan can write are left out: not UTF-8,
  /// or with control characters or backslashes.
  tool list(
    path: path = ".",
  ) -> { trusted path: path, stored entries: [{ name: string, path: path, kind: Kind, bytes: int }] } {
    reads path
  }

  /// The paths of files that match a glob, sorted; neither directories nor links. What the `.gitignore` files of the
  /// workspace exclude, and `.git` itself, is left out unless `ignored`. Other hidden files are included.
  tool glob(pattern: glob, ignored: bool = false) -> { stored paths: [path] } {
    reads pattern
  }

  /// What is at a path; `missing` where nothing is. A link that the path ends in is not followed. The mode is octal, as in
  /// `0644`, and empty where nothing is; `bytes` is 0 for all but files.
  tool stat(path: path) -> { trusted path: path, stored kind: Kind, stored bytes: int, stored mode: string } {
    reads path
  }

  /// Lines that a regular expression matches, in all text files that a glob matches, by path and line (from 1). Files
  /// that are not UTF-8, or larger than 64 MiB, are passed over; `files` counts those searched. A line is cut after 500
  /// characters, marked by `…`.
  tool search(
    /// What is looked for decides nothing but what is found.
    data pattern: string,
    files: glob = "**",
    /// More matches than this fail the call.
    max_matches: int = 10000,
    ignored: bool = false,
  ) -> { stored matches: [{ path: path, line: int, text: string }], stored files: int } {
    reads files
  }

  /// Create a file, or replace what it holds. Missing directories are made. A replaced file keeps its permissions;
  /// `executable` adds that whoever may read it may execute it.
  tool write(
    path: path,
    data text: string,
    exact executable: bool = false,
  ) -> { trusted path: path, stored bytes: int, stored created: bool } {
    writes path
    idempotent
  }

  /// Replace exact texts in a file. Each `find` must occur exactly `count` times, once where it is left out;
  /// otherwise nothing changes and the call fails. Edits apply one after the other.
  tool edit(
    path: path,
    /// What is found decides where the file changes; what replaces it is content.
    edits: [{ find: string, data replace: string, count?: int }],
  ) -> { trusted path: path, stored replaced: int, stored bytes: int } {
    reads path
    writes path
  }

  /// Add text at the end of a file; a missing file is created. Missing directories are made.
  tool append(path: path, data text: string) -> { trusted path: path, stored bytes: int, stored created: bool } {
    reads path
    writes path
  }

  /// Copy a file, or a directory with all it holds, mode included; links in a directory are copied as links. Missing
  /// directories above the target are made. The target must not exist unless `replace`, which is for files only.
  tool copy(from: path, to: path, replace: bool = false) -> { trusted path: path, stored files: int } {
    reads from
    writes to
    idempotent
  }

  /// Move a file, a link, or a directory with all it holds. Missing directories above the target are made. The target
  /// must not exist.
  tool move(from: path, to: path) -> { trusted path: path, stored files: int } {
    reads from
    deletes from
    creates to
  }

  /// Delete a file, a link, or with `recursive` a directory with all it holds. A missing path fails the call.
  tool delete(path: path, exact recursive: bool = false) -> { trusted path: path, stored files: int } {
    deletes path
  }

  /// Make a directory and those above it. A directory that exists already is fine.
  tool make_dir(path: path) -> { trusted path: path, stored created: bool } {
    creates path
    idempotent
  }
}

/// Programs.
catalogue process {
  /// Run a program: an argument vector, never a shell line. The first element is a program on PATH, a path in the
  /// workspace that begins with `./`, whatever the `directory`, or an absolute path. An exit code outside `success` fails
  /// the step. Of each output what comes past `max_output_bytes` is dropped and `truncated` is true. What the program
  /// leaves running when it ends is ended too, and named in `stderr`.
  tool run(
    argv: [string],
    directory: path = ".",
    /// Variables besides the few that are always passed on. They change what a program does, as its arguments do.
    env: [{ name: string, secret value: string }] = [],
    /// No mere content: for a shell or an interpreter it is the program.
    secret stdin: string = "",
    success: [int] = [0],
    max_output_bytes: int = 1048576,
  ) -> { stored exit_code: int, stdout: string, stderr: string, truncated: bool } {
    runs argv
    timeout 10m
  }
}

/// The web. Whatever it answers, status included, is the word of whoever answers.
catalogue http {
  /// Get a page. Redirects are followed only within the same host and port, and no proxy is used. Before approval it runs
  /// only for hosts that the operator lists. A status of 400 or above fails the step unless `any_status`, and so does a
  /// body that is larger than `max_bytes` or not UTF-8.
  tool get(
    url: string,
    headers: [{ name: string, value: string }] = [],
    any_status: bool = false,
    max_bytes: int = 1048576,
  ) -> { url: string, status: int, content_type: string, body: string } {
    reads url
    contacts url
    timeout 30s
  }
}

/// A model that can do nothing else.
catalogue model {
  /// Take a value out of a text: a model is shown the text, what is asked for and the type, and nothing else; it has no
  /// tools and no memory. Whatever it answers is a value of the type and the word of the text's author. What it answers
  /// before approval is shown, approved and used: it is not asked again. Which model, says `[model]` in `planc.toml`.
  tool extract(
    /// Whatever it says, it can only become a value of the type.
    data from: string,
    /// A constant: the approver reads it.
    ask: string,
    /// Written as a type: `type: Bill`, `type: { amount: float, iban: string }`.
    type: any,
  ) -> any {
    pure
    timeout 2m
  }
}
