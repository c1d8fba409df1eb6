//! Shell lines where the words of a program are wanted: told, and taken apart where no shell is needed for it.

use super::Checker;
use crate::catalogue::Tool;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::effects::{Effect, Target};
use crate::plan::{Expr, ExprKind};
use crate::syntax::EffectVerb;
use crate::types::Type;
use crate::value::Value;

/// What a shell would give a meaning.
const META: &[char] =
    &['|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', '*', '?', '[', ']', '{', '}', '#', '~', '!', '\n'];

impl Checker<'_> {
    /// Reports a text that is given where the words of a program are wanted.
    pub(super) fn is_shell_line(&self, tool: &Tool, param: usize, value: &Expr) -> bool {
        let Some(line) = line_of(tool, param, value) else { return false };
        let diagnostic = Diagnostic::new(Code::TypeMismatch, value.span, "a program is given as a list of words")
            .label("a shell line")
            .help("no shell reads it: each word is an element of its own");
        self.report.push(match words(line) {
            Some(list) => diagnostic.edit(format!("write `{list}`"), value.span, list),
            None => {
                let list = format!("[\"sh\", \"-c\", {}]", quoted(line));
                diagnostic.edit(format!("let a shell read it: `{list}`"), value.span, list).maybe()
            }
        });
        true
    }

    /// Reports several words in the place of the program, as in `["cargo test"]`.
    pub(super) fn is_program_with_blanks(&self, tool: &Tool, param: usize, value: &Expr) -> bool {
        let ExprKind::List(items) = &value.kind else { return false };
        let Some(ExprKind::Constant(Value::String(program))) = items.first().map(|item| &item.kind) else {
            return false;
        };
        if !is_program(tool, param) || !program.trim().contains(' ') || program.contains('/') {
            return false;
        }
        let Some(list) = words(program) else { return false };
        let inner = list.trim_start_matches('[').trim_end_matches(']').to_owned();
        self.report.push(
            Diagnostic::new(Code::TypeMismatch, items[0].span, "a program is given as a list of words")
                .label("the name of this program would have blanks")
                .help("each word is an element of its own")
                .edit(format!("write `{inner}`"), items[0].span, inner),
        );
        true
    }

    /// Warns of words that only a shell would understand, unless one is called.
    pub(super) fn warn_of_shell(&self, tool: &Tool, param: usize, value: &Expr) {
        let ExprKind::List(items) = &value.kind else { return };
        let constant = |item: &Expr| match &item.kind {
            ExprKind::Constant(Value::String(text)) => Some(text.to_string()),
            _ => None,
        };
        let Some(program) = items.first().and_then(constant).filter(|_| is_program(tool, param)) else { return };
        let name = program.rsplit('/').next().unwrap_or_default();
        if SHELLS.contains(&name) || LIKE_SHELLS.contains(&name) {
            return;
        }
        let suspect = items.iter().filter_map(|item| Some((item.span, meant_for_shell(&constant(item)?)?))).next();
        if let Some((span, what)) = suspect {
            self.report.push(
                Diagnostic::new(Code::ShellSyntax, span, format!("no shell reads this: {what}"))
                    .label("given to the program as it is written")
                    .help("let a shell read a line: `[\"sh\", \"-c\", \"…\"]`; values of the plan stand in `${…}`"),
            );
        }
    }
}

/// Shells, which take a line with `-c`.
pub(crate) const SHELLS: [&str; 5] = ["sh", "bash", "zsh", "dash", "ksh"];

/// Others whose words are not what they look like: they give them to a shell, or to a program that may be one.
const LIKE_SHELLS: [&str; 4] = ["fish", "env", "ssh", "xargs"];

/// What a shell would do with a word, where it would do something that programs do not.
fn meant_for_shell(word: &str) -> Option<&'static str> {
    let is_variable = |at: usize| word[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '(');
    match word {
        "|" | "||" | "&&" | ";" | "&" => Some("programs are joined by steps, or by a shell"),
        ">" | ">>" | "<" | "2>&1" | "2>" => Some("nothing is redirected"),
        _ if word.starts_with("~/") => Some("`~` is no directory"),
        _ if word.match_indices('$').any(|(at, _)| is_variable(at)) => Some("no variable is replaced"),
        _ if word.matches('`').count() == 2 && !word.contains(' ') => Some("no command is replaced"),
        _ => None,
    }
}

/// The list of words for a shell line that is given for the program of a tool.
pub(super) fn words_of(tool: &Tool, param: usize, value: &Expr) -> Option<String> {
    words(line_of(tool, param, value)?)
}

fn line_of<'v>(tool: &Tool, param: usize, value: &'v Expr) -> Option<&'v str> {
    let is_list = matches!(&tool.params[param].ty, Type::List(element) if **element == Type::String);
    match &value.kind {
        ExprKind::Constant(Value::String(text)) if is_list && is_program(tool, param) => Some(text),
        _ => None,
    }
}

/// Whether a parameter names a program and its arguments.
pub(super) fn is_program(tool: &Tool, param: usize) -> bool {
    let runs = |effect: &Effect| effect.verb == EffectVerb::Runs && effect.target == Target::Param(param);
    tool.effects.declared().iter().any(runs)
}

/// A line as a list of its words; none where a shell would do more than divide it at blanks.
fn words(line: &str) -> Option<String> {
    // `NAME=value program` sets a variable.
    if line.contains(META) || line.split_whitespace().next()?.contains('=') {
        return None;
    }
    let words: Vec<String> = line.split_whitespace().map(quoted).collect();
    Some(format!("[{}]", words.join(", ")))
}

/// A text as a string literal.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
