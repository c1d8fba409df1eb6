//! The kinds of tokens, from which logos generates the lexer, and the compact token.

use crate::source::Span;
use logos::Logos;

/// What a token is. Twelve bytes hold a token, so that a large source stays in the cache.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\x0c]+")]
#[repr(u8)]
pub enum Kind {
    /// A name, or a word that is a keyword only by its place.
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*")]
    Ident,
    /// `42`, `1_000`
    #[regex(r"[0-9][0-9_]*", priority = 6)]
    Int,
    /// `1.5`, `2e9`
    #[regex(r"[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9]+)?", priority = 8)]
    #[regex(r"[0-9][0-9_]*[eE][+-]?[0-9]+", priority = 8)]
    Float,
    /// `30s`
    #[regex(r"[0-9][0-9_]*(ms|s|m|h|d)", priority = 8)]
    Duration,
    /// A number with letters behind it.
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?[A-Za-z][A-Za-z0-9_]*", priority = 5)]
    BadSuffix,

    /// The `"` that begins a string; never leaves the lexer.
    #[token("\"")]
    Quote,
    /// `r"`, `r#"`; never leaves the lexer.
    #[regex("r#*\"", priority = 10)]
    RawQuote,
    /// `'`; never leaves the lexer.
    #[token("'")]
    Apostrophe,
    /// A whole `"…"` without escapes and interpolation.
    Str,
    /// A whole `"…"` with escapes.
    StrEscaped,
    /// A whole `"""…"""` without interpolation.
    StrBlock,
    /// A whole `r"…"` in any of its forms.
    StrRaw,
    /// The opening quotes of a string with interpolation.
    StrOpen,
    /// Text between interpolations, as written.
    StrText,
    /// The closing quotes of a string with interpolation.
    StrClose,
    /// `${`
    InterpOpen,
    /// The `}` of `${`.
    InterpClose,

    /// `/// …`
    #[regex(r"///[^\n]*", priority = 12, allow_greedy = true)]
    Doc,
    /// `// …` and `//// …`; never leaves the lexer as a token.
    #[regex(r"//[^\n]*", priority = 4, allow_greedy = true)]
    #[regex(r"////[^\n]*", priority = 14, allow_greedy = true)]
    Comment,
    /// `# …`; never leaves the lexer.
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Hash,
    /// `` ` ``, `“` and their like; never leaves the lexer.
    #[token("`")]
    #[token("“")]
    #[token("”")]
    #[token("„")]
    #[token("‘")]
    #[token("’")]
    #[token("«")]
    ForeignQuote,
    /// A Markdown fence with its language; never leaves the lexer.
    #[regex(r"```[^\n]*", allow_greedy = true)]
    Fence,
    /// The end of a line.
    #[token("\n")]
    Newline,

    /// `true`
    #[token("true")]
    True,
    /// `false`
    #[token("false")]
    False,
    /// `null`
    #[token("null")]
    Null,
    /// `not`
    #[token("not")]
    Not,
    /// `and`
    #[token("and")]
    And,
    /// `or`
    #[token("or")]
    Or,
    /// `in`
    #[token("in")]
    In,
    /// `as`
    #[token("as")]
    As,
    /// `if`
    #[token("if")]
    If,
    /// `then`
    #[token("then")]
    Then,
    /// `else`
    #[token("else")]
    Else,
    /// `for`
    #[token("for")]
    For,

    /// `(`
    #[token("(")]
    LParen,
    /// `)`
    #[token(")")]
    RParen,
    /// `[`
    #[token("[")]
    LBracket,
    /// `]`
    #[token("]")]
    RBracket,
    /// `{` of a record
    #[token("{")]
    LBrace,
    /// `}` of a record
    #[token("}")]
    RBrace,
    /// `{` of a block
    BlockOpen,
    /// `}` of a block
    BlockClose,

    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `.`
    #[token(".")]
    Dot,
    /// `...`
    #[token("...")]
    Ellipsis,
    /// `?.`
    #[token("?.")]
    QuestionDot,
    /// `??`
    #[token("??")]
    Coalesce,
    /// `?`
    #[token("?")]
    Question,
    /// `=`
    #[token("=")]
    Assign,
    /// `==`
    #[token("==")]
    Equal,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`
    #[token("<=")]
    LessEqual,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    GreaterEqual,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `%`
    #[token("%")]
    Percent,
    /// `->`
    #[token("->")]
    Arrow,
    /// `|`
    #[token("|")]
    Pipe,

    /// `=>`, of functions in other languages.
    #[token("=>")]
    FatArrow,

    /// `===`; becomes [`Kind::Equal`].
    #[token("===")]
    EqualEqual,
    /// `!==` and `<>`; become [`Kind::NotEqual`].
    #[token("!==")]
    #[token("<>")]
    ForeignNotEqual,
    /// `:=`; becomes [`Kind::Assign`].
    #[token(":=")]
    ColonAssign,
    /// `/* … */`; never leaves the lexer.
    #[token("/*")]
    BlockComment,
    /// `&&`; becomes [`Kind::And`].
    #[token("&&")]
    AndAnd,
    /// `||`; becomes [`Kind::Or`] in the structure pass, which sees what stands around it.
    #[token("||")]
    OrOr,
    /// `!`; becomes [`Kind::Not`].
    #[token("!")]
    Bang,
    /// `;`; what it divides only the structure pass sees, and no rule.
    #[token(";")]
    Semicolon,
    /// `&`, of other languages; no rule accepts it.
    #[token("&")]
    Ampersand,

    /// A place where something already reported was left out; no rule accepts it.
    Error,
}

/// The keywords: words that are no names, save before `:` and behind `.`.
pub const KEYWORDS: [&str; 12] = ["true", "false", "null", "not", "and", "or", "in", "as", "if", "then", "else", "for"];

/// Whether a text is a name, or a keyword, which is one before `:` and behind `.`.
pub fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    text.bytes().all(is_part) && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

impl Kind {
    /// Whether it is a keyword wherever it stands.
    pub fn is_word(self) -> bool {
        self as u8 >= Kind::True as u8 && self as u8 <= Kind::For as u8
    }

    /// Whether it is a whole string without interpolation.
    pub fn is_text(self) -> bool {
        self as u8 >= Kind::Str as u8 && self as u8 <= Kind::StrRaw as u8
    }

    /// Whether an expression can end with it.
    pub fn ends_value(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Ident
                | Int
                | Float
                | Duration
                | BadSuffix
                | Str
                | StrEscaped
                | StrBlock
                | StrRaw
                | StrClose
                | True
                | False
                | Null
                | RParen
                | RBracket
                | RBrace
                | BlockClose
                | Question
                | Error
        )
    }

    /// Whether it stands between two operands, and so continues the line before; `-` does too but may begin an operand.
    pub fn continues_line(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Dot | QuestionDot
                | Coalesce
                | And
                | Or
                | OrOr
                | Ampersand
                | In
                | As
                | Then
                | Else
                | Equal
                | NotEqual
                | Less
                | LessEqual
                | Greater
                | GreaterEqual
                | Plus
                | Star
                | Slash
                | Percent
                | Arrow
                | Pipe
        )
    }
}

/// A token: its kind and where it stands in the space shared by all sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Offset of its first byte.
    pub start: u32,
    /// Offset just past its last byte.
    pub end: u32,
}

impl Token {
    /// Where it stands.
    pub fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}
