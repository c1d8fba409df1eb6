//! The one table of diagnostic codes: number, name, severity, title. Pages, tests and help follow from it.
//!
//! Hundreds stand for phases, see [`Group`]. A code, once published, never changes its meaning and is never used again.

use serde::{Serialize, Serializer};
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plan is refused.
    Error,
    /// The plan is accepted; this is most likely a mistake.
    Warning,
}

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $title:literal;)*) => {
        /// A diagnostic code, shown as `P0312`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Code {
            $(#[doc = $title] $name = $number,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// Whether it refuses the plan.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// What it stands for, as a phrase.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// Its page: why the rule exists, a wrong and a right example.
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../pages/", stringify!($name), ".md")),)* }
            }

            /// Its name, as in the file name of its page: `UnknownTool`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => stringify!($name),)* }
            }
        }
    };
}

codes! {
    EmptySource = 1 Error "a file without a plan";
    BinarySource = 2 Error "a file that is not UTF-8 text";
    SourceTooLarge = 3 Error "a file past the size limit";
    NestingTooDeep = 4 Error "brackets nested past the limit";

    UnexpectedCharacter = 101 Error "a character that no token begins with";
    UnterminatedString = 102 Error "a string without its end";
    BadEscape = 103 Error "an unknown escape in a string";
    BadNumber = 104 Error "a number that cannot be represented";
    UnclosedBracket = 105 Error "a bracket without its partner";
    UnexpectedToken = 106 Error "something else was expected here";
    UnknownItem = 107 Error "a line that begins no known item";
    UnknownClause = 108 Error "an unknown clause";
    DuplicateSection = 109 Error "a section or clause that may stand only once";
    NotConstant = 110 Error "a text that must be constant";
    MissingComma = 112 Error "a comma is missing";
    MixedFile = 113 Error "a plan and a catalogue in one file";
    TextAround = 114 Error "text around the plan";

    UnknownName = 201 Error "an unknown name";
    UnknownTool = 202 Error "an unknown tool";
    UnknownType = 203 Error "an unknown type";
    DuplicateName = 204 Error "a name that is declared twice";
    NotACall = 205 Error "a step that calls no tool";
    ToolInExpression = 206 Error "a tool called inside an expression";
    NameNotAllowedHere = 207 Error "a name that may not be used here";
    UnknownStep = 208 Error "an unknown step";
    PositionalArgument = 209 Error "a positional argument to a tool, or a named one to a method";
    ShadowedName = 210 Error "a variable that hides another name";
    ReservedName = 211 Error "a name that is reserved";
    ShellSyntax = 212 Warning "shell syntax where no shell reads it";
    MissingDollar = 213 Warning "braces that look like an interpolation";
    CommentedOut = 214 Warning "a comment that looks like a division";

    TypeMismatch = 301 Error "a value of the wrong type";
    UnknownArgument = 302 Error "an argument that the tool does not take";
    MissingArgument = 303 Error "an argument is missing";
    DuplicateArgument = 304 Error "an argument or field given twice";
    UnknownField = 305 Error "a field that the record does not have";
    UnknownMethod = 306 Error "a method that the type does not have";
    NotARecord = 307 Error "a field of something that has none";
    MaybeNull = 308 Error "a value that may be null";
    BadOperand = 309 Error "an operator on the wrong types";
    NotBoolean = 310 Error "a condition that is not a Boolean";
    NotAList = 311 Error "a list was expected";
    InvalidValue = 312 Error "a constant that the parameter does not accept";
    EvaluationFails = 313 Error "an expression that always fails";
    NeverEqual = 314 Warning "a comparison with a foregone outcome";
    TypeTooLarge = 315 Error "a type past the size limit";
    BadRefinement = 320 Error "a refinement that its type does not take, or that leaves no value";
    ImpossibleConversion = 321 Error "a conversion with `as` that can never succeed";
    UselessConversion = 322 Warning "a conversion with `as` to the type that the value has";
    UndeclaredField = 323 Error "a further field of an open record, read without a declaration";
    NotOrdered = 330 Error "an order by something that has none";

    NotCovered = 401 Error "an effect that `critical` does not cover";
    UnusedCritical = 402 Warning "a `critical` line that nothing can use";
    NotReadOnly = 403 Error "a tool with effects where only reading is allowed";
    UnsafeRetry = 404 Error "a retry that could act twice";
    BadGlob = 405 Error "a glob or a path that is not valid";
    UnknownVerb = 406 Error "an unknown verb in `critical`";
    DeniedResource = 407 Error "a resource that no plan may touch";
    CriticalValue = 411 Error "a value in `critical` that names no resource";
    NothingToReproduce = 412 Error "a `reproduce` on a step that runs no program";

    Cycle = 501 Error "names that depend on each other in a circle";
    UsedBeforeDefined = 502 Error "a step used before it runs";
    NoSteps = 503 Error "a plan without a step";
    UnusedLet = 504 Warning "a `let` that nothing uses";
    UnusedInput = 505 Warning "an input that nothing uses";
    ConflictingTogether = 506 Error "steps of a `together` that may touch the same thing";
    TogetherTooLarge = 507 Error "a `together` with too many steps";

    DuplicateTool = 601 Error "a tool that is declared twice";
    UnknownEffectTarget = 602 Error "an effect on something that names no resource";
    ConflictingEffects = 603 Error "effects that contradict each other";
    RecursiveType = 604 Error "a type that has no value that ends";
    NoEffects = 605 Warning "a tool that declares no effect";
    DuplicateCatalogue = 606 Error "a catalogue that is declared twice";
    UnfitProbe = 607 Error "a probe that cannot tell what became of a call";
    EffectCondition = 610 Error "a condition of an effect that cannot be judged before the call";
    BadSimulation = 611 Error "a `simulate` that does not tell what a call would give";
    BadPages = 612 Error "a `paged` that names no pages to follow";

    UntrustedControl = 701 Error "outside text that decides what a tool does";
    UntrustedDecision = 702 Error "outside text that decides whether or how often something happens";
    ChosenExact = 703 Error "a parameter for the plan's author alone, chosen by outside text";
    SecretParameter = 704 Error "a secret where no secret may go";
    SecretSent = 705 Error "a secret that leaves";
    UntrustedCritical = 706 Error "outside text that decides what `critical` allows";
    BadRelease = 707 Error "an `endorse` or `reveal` that is not a whole `let` with a reason";
    BadMark = 708 Error "a mark that contradicts another, or says nothing where it stands";
    EndorsedSecret = 709 Error "an `endorse` of a secret, which nobody can look at";
    UselessRelease = 710 Warning "an `endorse` or `reveal` that releases nothing";
}

/// What the codes of one hundred are about, in the order of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// P00..
    Text,
    /// P01..
    Syntax,
    /// P02..
    Names,
    /// P03..
    Types,
    /// P04..
    Effects,
    /// P05..
    Order,
    /// P06..
    Catalogues,
    /// P07..
    Labels,
}

impl Group {
    /// Every group, in order.
    pub const ALL: [Group; 8] = [
        Group::Text,
        Group::Syntax,
        Group::Names,
        Group::Types,
        Group::Effects,
        Group::Order,
        Group::Catalogues,
        Group::Labels,
    ];

    /// What it is about, as a phrase.
    pub fn title(self) -> &'static str {
        match self {
            Group::Text => "the text itself",
            Group::Syntax => "syntax",
            Group::Names => "names",
            Group::Types => "types and values",
            Group::Effects => "effects and coverage",
            Group::Order => "order",
            Group::Catalogues => "catalogues",
            Group::Labels => "information flow",
        }
    }

    /// Its codes, in order.
    pub fn codes(self) -> impl Iterator<Item = Code> {
        Code::ALL.iter().copied().filter(move |code| *code as u16 / 100 == self as u16)
    }
}

impl Code {
    /// What it is about.
    pub fn group(self) -> Group {
        // A code past the last group is caught by the test of the pages.
        Group::ALL.into_iter().rfind(|group| *group as u16 <= self as u16 / 100).unwrap_or(Group::Text)
    }

    /// Whether it is about the text and its syntax, before any name is known.
    pub fn is_syntax(self) -> bool {
        (self as u16) < 200
    }

    /// The code that `text` names, with or without the leading `P` and zeros.
    pub fn parse(text: &str) -> Option<Code> {
        let digits = text.trim().trim_start_matches(['P', 'p']);
        let number: u16 = digits.parse().ok()?;
        Code::ALL.iter().copied().find(|code| *code as u16 == number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{:04}", *self as u16)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
