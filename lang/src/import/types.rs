//! Types that wait for a name ⟶ names that no other type of the catalogue has, equal types sharing one.

use super::schema::replaced;
use super::tool::Drawn;
use std::collections::BTreeMap;

/// The named types of a catalogue: their texts.
pub(super) type Names = BTreeMap<String, String>;

/// The tool's declaration with names for its types, and the types that `taken` does not have yet.
pub(super) fn named(drawn: &Drawn, taken: &Names) -> (String, Names) {
    let used = used(drawn);
    let mut names: Vec<String> = Vec::new();
    for definition in &drawn.definitions {
        let mut name = definition.wanted.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{}{number}", definition.wanted);
            number += 1;
        }
        names.push(name);
    }
    for round in 0..=drawn.definitions.len() + 1 {
        let text = |index: usize| replaced(&drawn.definitions[index].text, |other| names[other].clone());
        let clashing =
            used.iter().copied().find(|index| taken.get(&names[*index]).is_some_and(|kept| *kept != text(*index)));
        let Some(index) = clashing else { break };
        let base = format!("{}{}", drawn.owner, drawn.definitions[index].wanted);
        let free = |name: &String| !taken.contains_key(name) && !names.contains(name);
        let mut name = base.clone();
        let mut number = 2 + round;
        while !free(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        names[index] = name;
    }
    let text = |text: &str| replaced(text, |index| names[index].clone());
    let new = used.iter().map(|index| (names[*index].clone(), text(&drawn.definitions[*index].text)));
    (text(&drawn.text), new.filter(|(name, _)| !taken.contains_key(name)).collect())
}

/// The definitions that the declaration needs, itself or through others.
fn used(drawn: &Drawn) -> Vec<usize> {
    let mut used = vec![false; drawn.definitions.len()];
    let mut open = vec![drawn.text.as_str()];
    while let Some(text) = open.pop() {
        let found = std::cell::RefCell::new(Vec::new());
        replaced(text, |index| {
            found.borrow_mut().push(index);
            String::new()
        });
        for index in found.into_inner() {
            if let Some(used @ false) = used.get_mut(index) {
                *used = true;
                open.push(&drawn.definitions[index].text);
            }
        }
    }
    (0..used.len()).filter(|index| used[*index]).collect()
}
