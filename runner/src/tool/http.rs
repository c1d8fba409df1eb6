//! `http.get`: an address ⟶ the text of a page, from exactly the host that was approved.
//!
//! No proxy of the environment is used, since a proxy is another party than the one that was approved. Redirects stay with
//! the same host and port; going from `http` to `https` at their usual ports is allowed, the reverse is not. Each address on the way
//! is judged by policy as a call of it would be. A failure
//! before there is a connection changed nothing; after that the request may have arrived, so the contact counts as made.

use super::{Args, CallContext, Future_, LiveTool, ToolError};
use crate::policy::{Moment, Policy as Rules};
use planc_lang::effects::host_of;
use planc_lang::syntax::Approval;
use planc_lang::value::Value;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use std::error::Error;

/// The largest `max_bytes`: 64 MiB.
pub const MAX_BODY_BYTES: u64 = 64 << 20;
/// The most redirects that are followed.
pub const MAX_REDIRECTS: usize = 10;
/// How much of a body goes into the message of a failed call.
const SHOWN_CHARS: usize = 300;

/// `http.get`
#[derive(Clone, Debug, Default)]
pub struct Get {
    /// What each address is judged by that a redirect leads to; none: there are no rules.
    pub policy: Option<Rules>,
}

/// What a redirect leads to is judged as a call of it would be, and followed where nobody is asked, or for the same reasons.
struct Judge {
    policy: Rules,
    args: Args,
}

impl Judge {
    fn follows(&self, next: &Url) -> bool {
        let Some(url) = self.args.tool.param("url") else { return false };
        let verdict = |values: &[Value]| {
            self.policy.decide(&self.args.tool, values, &self.args.tool.touches(values), Moment::Now)
        };
        let mut values = self.args.values.clone();
        values[url] = Value::string(next.as_str());
        let next = verdict(&values);
        next.decision == Approval::Auto || next == verdict(&self.args.values)
    }
}

impl LiveTool for Get {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let mut request = Request::new(args)?;
            let args = || Args { tool: args.tool.clone(), values: args.values.clone() };
            request.judge = self.policy.clone().map(|policy| Judge { policy, args: args() });
            let mut kill = context.kill.clone();
            let url = request.url.clone();
            let asked_to_end = async {
                if kill.wait_for(|kill| *kill).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                biased;
                () = asked_to_end => Err(ToolError::done(format!("getting `{url}` was ended on request"))),
                result = tokio::time::timeout(context.timeout, request.run()) => result.unwrap_or_else(|_| {
                    let limit = context.timeout.as_millis();
                    Err(ToolError::done(format!("could not get `{url}`: there was no answer within {limit} ms")))
                }),
            }
        })
    }
}

/// A call with known arguments.
struct Request {
    url: Url,
    headers: HeaderMap,
    any_status: bool,
    max_bytes: u64,
    judge: Option<Judge>,
}

impl Request {
    fn new(args: &Args) -> Result<Request, ToolError> {
        let unknown = |name: &str| ToolError::before(format!("could not get a page: `{name}` is not known"));
        let max_bytes = args.size("max_bytes")?.ok_or_else(|| unknown("max_bytes"))?;
        if max_bytes > MAX_BODY_BYTES {
            return Err(ToolError::before(format!("`max_bytes` is more than {MAX_BODY_BYTES}")));
        }
        if !args.get("headers").is_known() {
            return Err(unknown("headers"));
        }
        Ok(Request {
            url: parse_url(args.text("url").ok_or_else(|| unknown("url"))?)?,
            headers: headers(args.get("headers").as_list().unwrap_or_default())?,
            any_status: args.flag("any_status").ok_or_else(|| unknown("any_status"))?,
            max_bytes,
            judge: None,
        })
    }

    async fn run(mut self) -> Result<Value, ToolError> {
        let redirects = same_host(self.judge.take());
        let failed = |error: &reqwest::Error| {
            let message = format!("could not get `{}`: {}", self.url, reason(error));
            if error.is_connect() || error.is_builder() { ToolError::before(message) } else { ToolError::done(message) }
        };
        let client = Client::builder().no_proxy().redirect(redirects).build().map_err(|error| failed(&error))?;
        let request = client.get(self.url.clone()).headers(self.headers.clone());
        let response = request.send().await.map_err(|error| failed(&error))?;
        let (url, status) = (response.url().to_string(), response.status());
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.map_or(String::new(), |value| String::from_utf8_lossy(value.as_bytes()).into());
        if status.is_redirection() && !self.any_status {
            return Err(ToolError::done(format!("`{url}` answered with {status}, which leads nowhere")));
        }
        let refused = status.as_u16() >= 400 && !self.any_status;
        let body = self.body(response).await;
        if refused {
            let said: String = body.unwrap_or_default().trim().chars().take(SHOWN_CHARS).collect();
            let said = if said.is_empty() { said } else { format!(":\n{said}") };
            return Err(ToolError::done(format!("`{url}` answered with {status}{said}")));
        }
        Ok(Value::record([
            ("url", Value::string(url)),
            ("status", Value::Int(status.as_u16().into())),
            ("content_type", Value::string(content_type)),
            ("body", Value::string(body?)),
        ]))
    }

    async fn body(&self, mut response: Response) -> Result<String, ToolError> {
        let url = &self.url;
        let mut bytes = Vec::new();
        loop {
            let chunk = response.chunk().await.map_err(|error| {
                ToolError::done(format!("could not read the answer of `{url}`: {}", reason(&error)))
            })?;
            let Some(chunk) = chunk else { break };
            if (bytes.len() + chunk.len()) as u64 > self.max_bytes {
                return Err(ToolError::done(format!("the answer of `{url}` has more than {} bytes", self.max_bytes)));
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| ToolError::done(format!("the answer of `{url}` is not UTF-8")))
    }
}

/// An address of which nobody can doubt which host it names.
fn parse_url(text: &str) -> Result<Url, ToolError> {
    let refused = |why: &str| ToolError::before(format!("could not get `{}`: {why}", text.escape_debug()));
    let url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("only `http` and `https` are known"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("a name or password does not belong in an address"));
    }
    let host = url.host_str().unwrap_or_default();
    let reached = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let usual = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    let approved = host_of(text).to_ascii_lowercase();
    if approved != reached && approved != usual {
        return Err(refused(&format!("it reads as `{approved}` but would contact `{reached}`")));
    }
    Ok(url)
}

fn headers(list: &[Value]) -> Result<HeaderMap, ToolError> {
    let mut headers = HeaderMap::new();
    for header in list {
        let field = |name| header.get(name).and_then(Value::as_str).unwrap_or_default();
        let refused = || ToolError::before(format!("`{}` cannot be sent as a header", field("name").escape_debug()));
        let name = HeaderName::from_bytes(field("name").as_bytes()).map_err(|_| refused())?;
        let value = HeaderValue::from_str(field("value")).map_err(|_| refused())?;
        if name == HOST {
            return Err(refused());
        }
        headers.append(name, value);
    }
    Ok(headers)
}

fn same_host(judge: Option<Judge>) -> Policy {
    Policy::custom(move |attempt| {
        let Some(first) = attempt.previous().first() else { return attempt.stop() };
        if attempt.previous().len() > MAX_REDIRECTS {
            return attempt.error("it redirects too often");
        }
        match stays(first, attempt.url()) {
            true if judge.as_ref().is_some_and(|judge| !judge.follows(attempt.url())) => {
                let to = attempt.url().to_string();
                attempt.error(format!("it redirects to `{to}`, which policy does not let be got as this is"))
            }
            true => attempt.follow(),
            false => {
                let to = attempt.url().host_str().unwrap_or_default().to_owned();
                attempt.error(format!("it redirects to another host, port or scheme, at `{to}`"))
            }
        }
    })
}

/// Whether a redirect contacts nobody but who was approved.
fn stays(first: &Url, next: &Url) -> bool {
    let same_host = first.host() == next.host();
    let same_port = first.scheme() == next.scheme() && first.port_or_known_default() == next.port_or_known_default();
    let upgraded = (first.scheme(), next.scheme()) == ("http", "https")
        && first.port_or_known_default() == Some(80)
        && next.port_or_known_default() == Some(443);
    same_host && (same_port || upgraded)
}

/// What went wrong at the bottom of it.
fn reason(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let text = deepest.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_reads_as_another_host_is_refused() {
        for bad in [
            "ftp://example.org/",
            "http://good.org@evil.org/",
            "http://good.org\\@evil.org/",
            "http:evil.org",
            "http:///evil.org/",
            "http://ex\tample.org/",
            "file:///etc/passwd",
            "good.org",
        ] {
            assert!(parse_url(bad).is_err(), "{bad:?}");
        }
        for good in
            ["https://example.org", "http://EXAMPLE.org:8080/a?b#c", "http://[::1]:80/", "http://example.org:80"]
        {
            assert!(parse_url(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_redirect_stays_with_its_host() {
        let url = |text| Url::parse(text).expect("a test's address is one");
        assert!(stays(&url("http://a.org/x"), &url("http://a.org/y")));
        assert!(stays(&url("http://a.org/x"), &url("https://a.org/x")));
        assert!(!stays(&url("https://a.org/x"), &url("http://a.org/x")));
        assert!(!stays(&url("http://a.org/x"), &url("http://b.org/x")));
        assert!(!stays(&url("http://a.org/x"), &url("http://a.org:81/x")));
    }
}
