//! The estimate of tokens: tokenizers of common models make no more of any card.

use planc_lang::catalogue::Catalogue;
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::source::Sources;
use planc_lang::teach::teach;

fn catalogue() -> Catalogue {
    let mut sources = Sources::default();
    let mut indices = vec![add_builtin(&mut sources)];
    indices.push(sources.add("catalogue.pl", include_str!("../../tests/grammar/catalogue.pl")));
    load_catalogue(&sources, &indices).0
}

#[test]
fn cards_have_no_more_tokens_than_they_say() {
    let catalogue = catalogue();
    let tokenizers = [
        ("cl100k_base", tiktoken_rs::cl100k_base().expect("a tokenizer")),
        ("o200k_base", tiktoken_rs::o200k_base().expect("a tokenizer")),
    ];
    let least = teach(&catalogue, Some(0)).expect_err("nothing fits into no tokens").least;
    let whole = teach(&catalogue, None).expect("without a budget everything fits").tokens;
    for budget in (least..whole + 400).step_by(400) {
        let card = teach(&catalogue, Some(budget)).expect("the least fits");
        for (name, tokenizer) in &tokenizers {
            let counted = tokenizer.encode_ordinary(&card.to_markdown()).len();
            println!("{name}: {counted} tokens, estimated as {}", card.tokens);
            assert!(counted <= card.tokens, "{name} makes {counted} tokens of a card that says {}", card.tokens);
        }
    }
}
