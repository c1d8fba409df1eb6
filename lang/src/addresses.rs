//! An address ⟶ the one spelling in which rules, lines and touches are compared. Purely lexical: nothing is looked up.
//!
//! Readers of addresses take many spellings for one: `HTTP://`, `%73ecret`, `/a/../b`, `2130706433`. What has no spelling of its
//! own, or one that some read otherwise than others, is not straight: see [`is_straight`].

use crate::hosts::host_of;
use std::net::Ipv4Addr;
use url::{Host, Url};

/// Whether a text is an address: a scheme, and `//` behind its colon.
pub fn is_address(text: &str) -> bool {
    begins_so(text, |c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// Whether a pattern is one over addresses: of its scheme, too, something may be left open.
pub fn is_pattern(pattern: &str) -> bool {
    begins_so(pattern, |c| c.is_ascii_alphanumeric() || "+-.*?[]{},!".contains(c))
}

fn begins_so(text: &str, is_scheme: impl Fn(char) -> bool) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(is_scheme) && !scheme.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// An address in the one spelling: scheme and host in lower case, an IPv4 address in four parts, no usual port, no `.` at the end of
/// the host, no fragment of `http` and `https`, no dot segments, no escapes of what needs none. None where readers could disagree
/// about what it is: with blanks, control characters, backslashes, a name or a password.
pub fn normal(text: &str) -> Option<String> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    let (scheme, rest) = text.split_once("://").filter(|_| is_address(text) && !text.contains(is_odd))?;
    let scheme = scheme.to_ascii_lowercase();
    let is_web = matches!(&*scheme, "http" | "https");
    let rest = if is_web { rest.split('#').next().unwrap_or(rest) } else { rest };
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(at);
    if authority.contains('@') {
        return None;
    }
    let authority = match (authority, is_web) {
        ("", true) => return None,
        ("", false) => String::new(),
        (authority, _) => normal_host(&format!("{scheme}://{authority}"))?,
    };
    let url = Url::parse(&format!("{scheme}://{authority}{}", unescaped(rest))).ok()?;
    let mut normal = format!("{scheme}://{authority}{}", escaped(if url.path().is_empty() { "/" } else { url.path() }));
    for (sign, part) in [('?', url.query()), ('#', url.fragment())] {
        part.iter().for_each(|part| normal.push_str(&format!("{sign}{}", escaped(part))));
    }
    Some(normal)
}

/// The host of an address, or a host itself, in the one spelling; none where it is not clear.
pub fn normal_host(text: &str) -> Option<String> {
    let host = host_of(text).to_ascii_lowercase();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port.parse::<u16>().ok()?)),
        _ => (&*host, None),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    if !name.starts_with('[') && name.split('.').any(str::is_empty) {
        return None;
    }
    let name = match Host::parse(name).ok()? {
        Host::Domain(name) => name,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_ipv4_mapped().map_or(format!("[{address}]"), |v4: Ipv4Addr| v4.to_string()),
    };
    Some(port.map_or(name.clone(), |port| format!("{name}:{port}")))
}

/// A pattern over addresses in the spelling that [`normal`] gives addresses, as far as it is no wildcard.
pub fn normal_pattern(pattern: &str) -> Result<String, String> {
    let (scheme, rest) = pattern.split_once("://").unwrap_or(("", pattern));
    let at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let is_literal = !authority.contains(['*', '?', '[', '{']);
    let host = match is_literal && !authority.is_empty() {
        true => normal_host(&format!("{scheme}://{authority}"))
            .ok_or_else(|| format!("the host of `{pattern}` is not clear"))?,
        // An address of version 6 stands in brackets, which are no wildcard there.
        false => match normal_host(&format!("{scheme}://{authority}")).filter(|_| authority.starts_with('[')) {
            Some(host) => globset::escape(&host),
            None => authority.to_ascii_lowercase(),
        },
    };
    let path = match path {
        "" if is_literal => "/".to_owned(),
        path => {
            unescaped(path).chars().map(|c| if c.is_ascii() && c != ' ' { c.to_string() } else { escape(c) }).collect()
        }
    };
    match path.split('/').any(|part| matches!(part, "." | "..")) {
        true => Err(format!("the address `{pattern}` has a part `.` or `..`")),
        false => Ok(format!("{}://{host}{path}", scheme.to_ascii_lowercase())),
    }
}

/// What a rule about addresses is to meet of one: itself, and it without what is asked of it, as a page and as a folder.
pub fn met_as(address: &str) -> Vec<String> {
    let bare = address.split(['?', '#']).next().unwrap_or(address);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    vec![address.to_owned(), bare.to_owned(), format!("{bare}/")]
}

/// Whether an address is in its one spelling, but for the case of a host that is none of the web and the `/` behind a host, and
/// is read alike by all: no part of its path is empty or holds what some read as further parts, or as the end of one.
pub fn is_straight(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = match scheme {
        "http" | "https" => rest[..at].to_owned(),
        _ => rest[..at].to_ascii_lowercase(),
    };
    let written = format!("{scheme}://{host}{}", &rest[at..]);
    if normal(address).is_none_or(|normal| normal != written && normal.strip_suffix('/') != Some(&written)) {
        return false;
    }
    // Only on the web is nothing of a query a part of the way.
    if !matches!(scheme, "http" | "https") && rest.contains('?') {
        return false;
    }
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_hidden = |part: &str| {
        let codes = part.split('%').skip(1).filter_map(|code| u8::from_str_radix(code.get(..2)?, 16).ok());
        codes.into_iter().any(|code| code < b' ' || b"/\\%.\x7f;".contains(&code))
    };
    let is_clear = |part: &str| !part.is_empty() && !part.contains(';') && !is_hidden(part);
    !address.contains('#') && (path.is_empty() || path.split('/').all(is_clear))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// With the escapes of unreserved characters as these, and the others in upper case.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(byte) if is_unreserved(byte) => out.push(byte.into()),
            Some(byte) => out.push_str(&format!("%{byte:02X}")),
            // A sign that begins no escape is one itself.
            None => out.push_str("%25"),
        }
        rest = &rest[at + if code.is_some() { 3 } else { 1 }..];
    }
    out + rest
}

/// With all escaped that an address cannot have as it stands.
fn escaped(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?%".contains(c);
    unescaped(text).chars().map(|c| if plain(c) { c.to_string() } else { escape(c) }).collect()
}

fn escape(c: char) -> String {
    c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        let cases = [
            ("HTTP://Good.Example:80/a", "http://good.example/a"),
            ("https://good.example", "https://good.example/"),
            ("https://good.example.:443/%73ecret/./b/../c#x", "https://good.example/secret/c"),
            ("http://2130706433:8080/%7ea", "http://127.0.0.1:8080/~a"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            ("http://[::ffff:127.0.0.1]:80/", "http://127.0.0.1/"),
            ("http://h/a%2fb%2e%2e/%2E%2e/c", "http://h/c"),
            ("https://h/a%2fb?q=%7e%2f#f", "https://h/a%2Fb?q=~%2F"),
            ("https://h/é x".replace(' ', "%20").leak(), "https://h/%C3%A9%20x"),
            ("https://h/{a}|b", "https://h/%7Ba%7D%7Cb"),
            ("drive://Files/A", "drive://files/A"),
            ("file:///etc/./x", "file:///etc/x"),
        ];
        for (text, expected) in cases {
            assert_eq!(normal(text).as_deref(), Some(expected), "{text}");
            assert_eq!(normal(expected).as_deref(), Some(expected), "{expected}");
        }
        for odd in [
            "http:/a",
            "http:///a",
            "http://a\tb/",
            "http://a\\b/",
            "http://u@h/",
            "http://h:x/",
            "x://../a",
            "wiki:a#://",
            "a/b://c",
            "",
        ] {
            assert_eq!(normal(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_pattern_is_spelled_as_addresses_are() {
        for (pattern, address) in [
            ("HTTP://Good.example:80/%73ecret/**", "http://good.example/secret/a"),
            ("https://h", "https://h/"),
            ("https://h/é/*", "https://h/%C3%A9/x"),
            ("http://[::1]:8080/**", "http://[::1]:8080/a"),
            ("http://0x7f.1/**", "http://127.0.0.1/a"),
            ("http*://*.Example/**", "https://a.example/x"),
        ] {
            let glob = crate::paths::compile_glob(&normal_pattern(pattern).expect(pattern)).expect(pattern);
            assert!(glob.is_match(address), "{pattern} for {address}");
        }
        assert!(normal_pattern("https://h/a/../b").is_err());
    }

    #[test]
    fn a_straight_address_is_read_alike_by_all() {
        for straight in [
            "https://h/",
            "https://h/a/b/",
            "https://h/a%20b?x=/../#".trim_end_matches('#'),
            "drive://files/a",
            "note://Shopping",
        ] {
            assert!(is_straight(straight), "{straight}");
        }
        for odd in [
            "https://h/a//b",
            "https://h/a%2Fb",
            "https://h/a%2e/b",
            "https://h/%252e/b",
            "https://h/a;b/c",
            "https://h/a/../b",
            "HTTP://h/",
            "https://h/a%00",
            "note://a#b",
            "note://a?/../b",
        ] {
            assert!(!is_straight(odd), "{odd}");
        }
    }
}
