//! The words of a command line ⟶ which of them an interpreter runs: a script, a folder, or a module by its name.

/// A family of interpreters, by what their options mean.
struct Interpreter {
    /// Their names, without versions.
    names: &'static [&'static str],
    /// Letters of options behind which code stands.
    code: &'static [char],
    /// Letters of options that take a value.
    valued: &'static [char],
    /// Long options behind which code stands.
    long_code: &'static [&'static str],
    /// Long options whose value is the next word.
    long_valued: &'static [&'static str],
    /// What is run of a folder.
    starts: &'static [&'static str],
}

const NODE_STARTS: &[&str] = &["package.json", "index.js", "index.json", "index.mjs", "index.cjs", "index.ts"];

const INTERPRETERS: [Interpreter; 9] = [
    Interpreter {
        names: &["sh", "bash", "dash", "zsh", "ksh", "mksh", "fish"],
        code: &['c'],
        valued: &['o', 'O'],
        long_code: &["command"],
        long_valued: &["rcfile", "init-file"],
        starts: &[],
    },
    Interpreter {
        names: &["python", "pypy"],
        code: &['c'],
        valued: &['W', 'X'],
        long_code: &[],
        long_valued: &["check-hash-based-pycs"],
        starts: &["__main__.py"],
    },
    Interpreter {
        names: &["node", "nodejs"],
        code: &['e', 'p'],
        valued: &['r', 'C'],
        long_code: &["eval", "print"],
        long_valued: &["require", "import", "loader", "experimental-loader", "conditions"],
        starts: NODE_STARTS,
    },
    Interpreter {
        names: &["deno", "bun"],
        code: &['e', 'p'],
        valued: &['c', 'r'],
        long_code: &["eval", "print"],
        long_valued: &["config", "import-map", "preload", "require", "cwd"],
        starts: NODE_STARTS,
    },
    Interpreter {
        names: &["ruby"],
        code: &['e'],
        valued: &['I', 'r', 'C', 'E'],
        long_code: &[],
        long_valued: &["encoding"],
        starts: &[],
    },
    Interpreter {
        names: &["perl"],
        code: &['e', 'E'],
        valued: &['I', 'M', 'm', 'i', 'F', 'C', 'D'],
        long_code: &[],
        long_valued: &[],
        starts: &[],
    },
    Interpreter {
        names: &["php"],
        code: &['r', 'B', 'R', 'E'],
        valued: &['c', 'd', 'z'],
        long_code: &["run"],
        long_valued: &["php-ini", "define"],
        starts: &[],
    },
    Interpreter {
        names: &["lua", "luajit", "Rscript", "tclsh"],
        code: &[],
        valued: &['e', 'l'],
        long_code: &[],
        long_valued: &[],
        starts: &[],
    },
    Interpreter { names: &["pwsh"], code: &['c', 'C'], valued: &[], long_code: &[], long_valued: &[], starts: &[] },
];

/// The option by which an interpreter runs a module of its own search path, with those that have it.
const MODULE: (&[&str], char) = (&["python", "pypy"], 'm');
/// The options by which others load a module first, with what stands between the parts of its name.
const LOADS: [(&[&str], &[char], &str); 3] =
    [(&["perl"], &['M', 'm'], "::"), (&["ruby"], &['r'], "/"), (&["lua", "luajit"], &['l'], ".")];
/// The letter behind which these are given a folder with modules.
const SEARCHED: char = 'I';
/// What runs a class by its name, with what stands between the parts of that.
const CLASSES: (&str, char) = ("java", '.');
/// What stands between a program that knows several and its script.
const SUBCOMMANDS: (&[&str], &str) = (&["deno", "bun"], "run");
/// What an interpreter runs.
pub(super) enum Runs {
    /// The word at an index; of a folder what it knows there.
    Script { at: usize, starts: &'static [&'static str] },
    /// The module that the word at an index names: the files that it may be.
    Module { at: usize, files: Vec<String> },
}

/// What one word is to an interpreter.
enum Meaning {
    Flag,
    /// The next word is its value.
    Valued,
    /// What follows is no script.
    Code,
    /// Of a module the name, where it stands in the same word.
    Module(Option<String>),
    /// No further word is an option.
    End,
    Script,
}

/// What is run of a command line; none: nothing that can be told.
pub(super) fn runs(words: &[String]) -> Option<Runs> {
    // Behind whatever starts it: what `env`, `timeout`, `prlimit` and many others run stands among their words.
    let is_known = |word: &String| INTERPRETERS.iter().any(|known| known.names.contains(&bare(word)));
    let program = words.iter().position(is_known)?;
    let name = bare(&words[program]);
    let interpreter = INTERPRETERS.iter().find(|known| known.names.contains(&name))?;
    let mut at = program + 1;
    if SUBCOMMANDS.0.contains(&name) && words.get(at).is_some_and(|word| word == SUBCOMMANDS.1) {
        at += 1;
    }
    while let Some(word) = words.get(at) {
        match interpreter.meaning(name, word) {
            Meaning::Flag => at += 1,
            Meaning::Valued => at += 2,
            Meaning::Code => return None,
            Meaning::Module(Some(module)) => return Some(Runs::Module { at, files: files_of(&module) }),
            Meaning::Module(None) => {
                let files = files_of(words.get(at + 1)?);
                return Some(Runs::Module { at: at + 1, files });
            }
            Meaning::End => return Some(Runs::Script { at: at + 1, starts: interpreter.starts }),
            Meaning::Script => return Some(Runs::Script { at, starts: interpreter.starts }),
        }
    }
    None
}

/// The modules that an interpreter is told to load before its script, and the folders in which it is told to look for them. What their
/// names end in the interpreter knows.
#[derive(Default)]
pub(super) struct Loads {
    pub(super) modules: Vec<String>,
    pub(super) folders: Vec<String>,
}

pub(super) fn loads(words: &[String]) -> Loads {
    let mut found = Loads::default();
    if words.iter().any(|word| bare(word) == CLASSES.0) {
        // Which of its words is the class, and which say where classes are, only Java can tell.
        let words = words.iter().filter(|word| !word.starts_with('-'));
        found.folders = words.clone().flat_map(|word| word.split(':')).map(str::to_owned).collect();
        found.modules = words.map(|word| word.replace(CLASSES.1, "/")).collect();
        return found;
    }
    let names = words.iter().enumerate().find_map(|(at, word)| {
        let known = LOADS.iter().find(|(names, ..)| names.contains(&bare(word)))?;
        Some((at, known))
    });
    let Some((program, (_, letters, between))) = names else { return found };
    for (at, word) in words.iter().enumerate().skip(program + 1) {
        let Some(options) = word.strip_prefix('-').filter(|options| !options.starts_with('-')) else { continue };
        let is_known = |c: char| letters.contains(&c) || c == SEARCHED;
        let Some((before, letter)) = options.char_indices().find(|(_, c)| is_known(*c)) else { continue };
        let rest = &options[before + letter.len_utf8()..];
        let Some(value) = Some(rest).filter(|rest| !rest.is_empty()).or(words.get(at + 1).map(String::as_str)) else {
            continue;
        };
        match letter {
            SEARCHED => found.folders.push(value.to_owned()),
            // `-MFoo=a,b` and `-M-Foo`, and `-l g=foo`.
            _ => {
                let parts = value.trim_start_matches('-').split('=');
                found.modules.extend(parts.filter(|part| !part.is_empty()).map(|part| part.replace(between, "/")));
            }
        }
    }
    found
}

impl Interpreter {
    fn meaning(&self, name: &str, word: &str) -> Meaning {
        if let Some(long) = word.strip_prefix("--") {
            return match long {
                "" => Meaning::End,
                long if self.long_code.contains(&long) => Meaning::Code,
                long if self.long_valued.contains(&long) => Meaning::Valued,
                _ => Meaning::Flag,
            };
        }
        let is_shell = self.names.contains(&"sh");
        let letters = word.strip_prefix('-').or_else(|| word.strip_prefix('+').filter(|_| is_shell));
        let Some(letters) = letters else { return Meaning::Script };
        if letters.is_empty() {
            return Meaning::Code;
        }
        for (index, letter) in letters.char_indices() {
            let rest = &letters[index + letter.len_utf8()..];
            if MODULE.0.contains(&name) && letter == MODULE.1 {
                return Meaning::Module((!rest.is_empty()).then(|| rest.to_owned()));
            }
            match (self.code.contains(&letter), self.valued.contains(&letter)) {
                (true, _) => return Meaning::Code,
                (false, true) if rest.is_empty() => return Meaning::Valued,
                (false, true) => return Meaning::Flag,
                (false, false) => {}
            }
        }
        Meaning::Flag
    }
}

/// The name of a program, without where it lies and without a version.
fn bare(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or(word);
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

/// The files that a module may be, and those of the packages around it.
fn files_of(module: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if !module.chars().all(is_name) {
        return Vec::new();
    }
    let path = module.replace('.', "/");
    // A module takes the place of a folder of its name that has no beginning.
    let around =
        path.match_indices('/').flat_map(|(at, _)| ["/__init__.py", ".py"].map(|end| format!("{}{end}", &path[..at])));
    let own = [".py", "/__main__.py", "/__init__.py"].map(|end| format!("{path}{end}"));
    own.into_iter().chain(around).collect()
}
