//! The hosts of URLs, and which of them may be the same. Purely lexical: no name is looked up.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The host of a URL, with its port where that is not the usual one of `http` or `https`; a host itself, or what
/// follows the `@` of an address, for a text that is no URL.
///
/// Empty where readers of URLs could disagree about the host: blanks, backslashes, missing slashes, percent signs,
/// letters beyond ASCII. No grant covers an empty host.
pub fn host_of(url: &str) -> &str {
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return "";
    }
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", url),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = split_port(host);
    if !is_host(name) || !port.is_none_or(is_port) {
        return "";
    }
    match port {
        Some(port) if !is_usual(scheme, port) => host,
        _ => name.strip_suffix('.').unwrap_or(name),
    }
}

/// Whether two hosts, as [`host_of`] gives them, may be the same: by name whatever the port, and always where one is
/// unclear, or one an address and the other a name.
pub fn hosts_meet(a: &str, b: &str) -> bool {
    match (host_kind(a), host_kind(b)) {
        (Host::Unclear, _) | (_, Host::Unclear) => true,
        (Host::Name(a), Host::Name(b)) => a == b,
        (Host::Address(a), Host::Address(b)) => a == b,
        (Host::Name(_), Host::Address(_)) | (Host::Address(_), Host::Name(_)) => true,
    }
}

enum Host {
    Name(String),
    Address(Ipv6Addr),
    Unclear,
}

fn host_kind(host: &str) -> Host {
    let name = split_port(host).0;
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if let Some(address) = bracketed(&name) {
        return address.parse().map_or(Host::Unclear, |v6: Ipv6Addr| {
            // An address of version 4 inside one of version 6 is that address.
            Host::Address(v6.to_ipv4_mapped().map_or(v6, |v4| v4.to_ipv6_mapped()))
        });
    }
    match name.parse::<Ipv4Addr>() {
        Ok(v4) => Host::Address(v4.to_ipv6_mapped()),
        // `0x7f.1` and `2130706433` are addresses to some readers.
        Err(_) if name.is_empty() || name.rsplit('.').next().is_some_and(is_number_like) => Host::Unclear,
        Err(_) => Host::Name(name),
    }
}

fn is_number_like(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_digit())
}

fn bracketed(name: &str) -> Option<&str> {
    name.strip_prefix('[')?.strip_suffix(']')
}

/// A host and its port; the colons of a bracketed address are part of it.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

fn is_host(name: &str) -> bool {
    match bracketed(name) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
    }
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

fn is_usual(scheme: &str, port: &str) -> bool {
    (scheme.eq_ignore_ascii_case("https") && port == "443") || (scheme.eq_ignore_ascii_case("http") && port == "80")
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_is_the_one_that_is_contacted_or_none() {
        let cases = [
            ("https://good.example/a?b#c", "good.example"),
            ("https://good.example?@evil.example", "good.example"),
            ("https://good.example@evil.example/", "evil.example"),
            ("https://u:p@evil.example:8443/", "evil.example:8443"),
            ("https://good.example:443/", "good.example"),
            ("http://good.example:443/", "good.example:443"),
            ("https://good.example./", "good.example"),
            ("https://[::1]:8443/x", "[::1]:8443"),
            ("https://[::1]/x", "[::1]"),
            ("good.example:25", "good.example:25"),
            ("someone@good.example", "good.example"),
            // Readers of URLs see `evil.example` in each of these.
            ("https://evil.example\\@good.example/", ""),
            ("https:/evil.example/://good.example", ""),
            ("https:evil.example?://good.example", ""),
            ("https:evil.example?.good.example", ""),
            ("https:/\n/evil.example/://good.example", ""),
            ("https:///evil.example", ""),
            ("https://ev%69l.example", ""),
            ("https://ｅvil.example", ""),
            ("https://good.example:x/", ""),
            ("https://good.example:99999/", ""),
            ("", ""),
        ];
        for (url, expected) in cases {
            assert_eq!(host_of(url), expected, "{url}");
        }
    }
}
