//! A type of the schema and a name ⟶ an entity of Cedar, which escapes the name wherever it is written.

use cedar_policy::{EntityId, EntityTypeName, EntityUid};
use std::str::FromStr;

/// An entity.
pub(super) fn uid(ty: &str, id: &str) -> EntityUid {
    let ty = EntityTypeName::from_str(ty).expect("the types of the schema are names");
    EntityUid::from_type_name_and_id(ty, EntityId::new(id))
}
