//! stub
use super::*;
/// stub
#[derive(Debug)]
pub struct Get;
impl LiveTool for Get {
    fn call<'a>(&'a self, _args: &'a Args, _context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async { Err(ToolError::before("not yet")) })
    }
}
