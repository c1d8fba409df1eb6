//! stub
use super::*;
/// stub
#[derive(Debug)]
pub struct Run;
impl LiveTool for Run {
    fn call<'a>(&'a self, _args: &'a Args, _context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async { Err(ToolError::before("not yet")) })
    }
}
/// stub
pub fn survivors(_run: &str) -> Vec<u32> {
    Vec::new()
}
