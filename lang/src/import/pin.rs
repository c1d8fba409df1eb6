//! A server's definition of a tool ⟶ the digest that pins it.

use crate::digest::Digest;
use serde_json::Value;

/// The digest of a definition: of its canonical JSON with the members of every object sorted by name, so that it does not
/// depend on the order in which a server happens to write them.
pub fn pin(definition: &Value) -> Digest {
    Digest::of_json(&sorted(definition, 0))
}

/// Deeper than any JSON that is read from a text; what lies deeper is left as it is.
const MAX_DEPTH: usize = 512;

fn sorted(value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(members) if depth < MAX_DEPTH => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            Value::Object(names.into_iter().map(|name| (name.clone(), sorted(&members[name], depth + 1))).collect())
        }
        Value::Array(items) if depth < MAX_DEPTH => items.iter().map(|item| sorted(item, depth + 1)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_members_does_not_matter_and_everything_else_does() {
        let one = json!({ "name": "a", "inputSchema": { "type": "object", "properties": { "x": {}, "y": {} } } });
        let other = json!({ "inputSchema": { "properties": { "y": {}, "x": {} }, "type": "object" }, "name": "a" });
        assert_eq!(pin(&one), pin(&other));
        let described = json!({ "name": "a", "description": "", "inputSchema": one["inputSchema"] });
        assert_ne!(pin(&one), pin(&described));
        assert_ne!(pin(&json!([1, 2])), pin(&json!([2, 1])));
    }
}
