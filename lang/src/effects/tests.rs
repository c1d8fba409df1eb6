//! Overlap and coverage: what is decided by name, and what must overlap because it is not.

use super::*;
use crate::paths::compile_glob;
use proptest::prelude::*;

fn path(path: &str) -> Resource {
    Resource::Path(path.into())
}

fn glob(glob: &str) -> Resource {
    Resource::Glob(glob.into())
}

fn host(host: &str) -> Resource {
    Resource::Host(host.into())
}

fn name(space: &str, name: &str) -> Resource {
    Resource::Named(space.into(), name.into())
}

#[test]
fn resources_overlap_unless_names_tell_them_apart() {
    let cases = [
        (path("src"), path("src/a"), true),
        (path("src"), path("srcs"), false),
        (path("."), path("a"), true),
        (path("src/a.rs"), glob("src/*.rs"), true),
        (path("src/a.md"), glob("src/*.rs"), false),
        (path("src"), glob("src/*.rs"), true),
        (path("src/a/b/c"), glob("src/**/c"), true),
        (path("src/a/b"), glob("**"), true),
        (path("docs/a"), glob("src/**"), false),
        (path("a/b"), glob("{a/b,c}"), true),
        (path("a/b"), glob("a[+-9]b"), true),
        // Making `src/a` may make `src`, which `*` matches.
        (path("src/a"), glob("*"), true),
        (path("a[1]"), glob("a[1]/*"), true),
        (glob("a/*"), glob("a/b/*"), true),
        (glob("a/*"), glob("b/*"), false),
        (host("A.example"), host("a.example:8443"), true),
        (host("a.example"), host("b.example"), false),
        (host("127.0.0.1"), host("localhost"), true),
        (host("127.0.0.1"), host("[::ffff:127.0.0.1]"), true),
        (host("127.0.0.1"), host("127.0.0.2"), false),
        (host("0x7f.1"), host("a.example"), true),
        (host(""), host("a.example"), true),
        (name("table", "a"), name("table", "a"), true),
        (name("table", "a"), name("table", "b"), false),
        (name("table", "/a/"), name("table", "a"), true),
        (name("table", "a?x"), name("table", "b"), true),
        (name("table", "a/../b"), name("table", "c"), true),
        (name("url", "https://a.example/x"), name("url", "HTTPS://A.example:443/x"), true),
        (name("url", "https://a.example/x"), host("b.example"), false),
        (name("table", "a"), Resource::AnyIn("table".into()), true),
        (Resource::AnyIn("table".into()), Resource::AnyIn("queue".into()), false),
        (path("a"), Resource::AnyProgram, true),
        (path("a"), Resource::AnyPath, true),
        (host("a.example"), Resource::AnyPath, false),
        (Resource::Everything, host("a.example"), true),
    ];
    for (a, b, expected) in cases {
        assert_eq!(overlap(&a, &b), expected, "{a:?} and {b:?}");
        assert_eq!(overlap(&b, &a), expected, "{b:?} and {a:?}");
    }
}

#[test]
fn a_path_grant_covers_what_its_glob_matches() {
    let allows = |glob: &str, path: &str| {
        Grant::new(CriticalVerb::Modify, glob).expect("the glob is valid").allows_path(CriticalVerb::Modify, path)
    };
    let cases = [
        ("src/**", "src/a/b.rs", true),
        ("src/**", "src", false),
        ("src/**", "srcs/a", false),
        ("a/*/**", "a/b/c", true),
        ("a/*/**", "a/b", false),
        ("src/*", "src/a/b.rs", false),
        ("src", "src/a.rs", false),
        ("**", "a/b", true),
        ("**", ".env", true),
        ("{a,b}/*.rs", "b/x.rs", true),
        ("file:src/*", "src/a", true),
        ("File:src/*", "src/a", true),
        ("table:*", "table:a", false),
    ];
    for (glob, path, expected) in cases {
        assert_eq!(allows(glob, path), expected, "{glob} for {path}");
    }
    let modify = Grant::new(CriticalVerb::Modify, "a").expect("the glob is valid");
    assert!(modify.allows_path(CriticalVerb::Read, "a"));
    assert!(!modify.allows_path(CriticalVerb::Delete, "a"));
    assert!(Grant::new(CriticalVerb::Modify, "../a").is_err());
    assert!(Grant::new(CriticalVerb::Run, " ").is_err());
}

#[test]
fn a_grant_may_allow_only_its_own_kind() {
    let may = |verb, grant: &str, effect, resource: &Resource| {
        Grant::new(verb, grant).expect("the grant is valid").may_allow(effect, resource)
    };
    use CriticalVerb::*;
    use EffectVerb::*;
    assert!(may(Delete, "src/*", Deletes, &path("src")));
    assert!(may(Delete, "*/target/*", Deletes, &path("a/target")));
    assert!(!may(Delete, "src/*", Deletes, &path("docs")));
    assert!(!may(Modify, "**/*.md", Writes, &path("src/a.rs")));
    assert!(!may(Modify, "src", Writes, &path("src/a.rs")));
    assert!(may(Modify, "table:*", Writes, &name("table", "users")));
    assert!(!may(Modify, "**", Writes, &name("table", "users")));
    assert!(!may(Modify, "table:*", Writes, &glob("src/*")));
    assert!(!may(Modify, "table:*", Writes, &Resource::AnyPath));
    assert!(may(Modify, "table:*", Writes, &Resource::AnyIn("table".into())));
    assert!(may(Read, "https://a.example/*", Reads, &name("url", "https://a.example/x")));
    assert!(!may(Read, "src/*", Writes, &path("src/a")));
}

#[test]
fn a_program_grant_covers_whole_words() {
    for wild in ["git tag **", "* tag", "ls ?"] {
        assert!(Grant::new(CriticalVerb::Run, wild).is_err_and(|why| why.contains("leading words")), "{wild}");
    }
    assert!(Grant::new(CriticalVerb::Run, "ls *.txt").is_ok());
    let test = Grant::new(CriticalVerb::Run, "cargo test").expect("the grant is valid");
    assert!(test.allows_program(&["cargo", "test"]));
    assert!(test.allows_program(&["cargo", "test", "--all"]));
    assert!(!test.allows_program(&["cargo"]));
    assert!(!test.allows_program(&["cargo", "testx"]));
    assert!(!test.allows_program(&["cargo test"]));
    let runs = |value: Value| from_value(EffectVerb::Runs, &value, &Type::Any);
    let list = |items: &[&str]| Value::list(items.iter().map(|item| Value::string(*item)));
    assert!(test.may_allow(EffectVerb::Runs, &runs(list(&["cargo", "test"]))));
    assert!(test.may_allow(EffectVerb::Runs, &runs(Value::string("cargo test --all"))));
    assert!(!test.may_allow(EffectVerb::Runs, &runs(Value::string("cargo test; rm -r ."))));
    assert!(!test.may_allow(EffectVerb::Runs, &runs(Value::string("cargo test $(x)"))));
    let partly = Value::list([Value::string("cargo"), Value::Unknown(Type::String)]);
    assert_eq!(runs(partly), Resource::AnyProgram);
}

#[test]
fn a_host_grant_covers_the_host_that_is_contacted() {
    let covers = |grant: &str, url: &str| {
        Grant::new(CriticalVerb::Contact, grant).expect("the grant is valid").allows_host(host_of(url))
    };
    assert!(covers("API.example", "https://api.EXAMPLE/x"));
    assert!(covers("*.example", "https://a.b.example"));
    assert!(covers("[::1]", "http://[::1]/"));
    assert!(!covers("[::1]", "http://1/"));
    assert!(!covers("good.example", "https://good.example:8443/"));
    assert!(covers("good.example:8443", "https://good.example:8443/"));
    assert!(!covers("**", "https:/evil.example/://good.example"));
}

#[test]
fn templates_name_what_they_can() {
    let template = |text: &str, value: Value| {
        from_template(&[TemplatePart::Text(text.into()), TemplatePart::Param(0)], &[value], None)
    };
    let unknown = || Value::Unknown(Type::String);
    assert_eq!(template("table:", Value::string("users")), name("table", "users"));
    assert_eq!(template("table:", unknown()), Resource::AnyIn("table".into()));
    assert_eq!(template("file:", Value::string("src/a")), glob("src/a"));
    assert_eq!(template("file:", Value::string("a*b")), path("a*b"));
    assert_eq!(template("file:*/", Value::string("a*b")), Resource::AnyPath);
    assert_eq!(template("file:", Value::string("../a")), Resource::AnyPath);
    assert_eq!(template("file:src/", unknown()), Resource::AnyPath);
    assert_eq!(template("https://a.example/", unknown()), Resource::AnyIn("url".into()));
    assert_eq!(template("", unknown()), Resource::Everything);
    assert_eq!(template("pages/", unknown()), Resource::AnyIn("".into()));
    // No value leads out of the space that the catalogue says.
    for value in ["admin#://", "://x", "//evil", "a?://b", "x:y"] {
        assert_eq!(template("wiki:", Value::string(value)), name("wiki", value));
    }
    assert_eq!(template("pages/", Value::string("a:b")), name("", "pages/a:b"));
    assert_eq!(template("https://H.example/", Value::string("%61/../b")), name("url", "https://h.example/b"));
    assert_eq!(template("", Value::string("wiki:a#://")), name("wiki", "a#://"));
    assert_eq!(template("", Value::string("R-1?://")), name("", "R-1?://"));
    assert_eq!(template("", Value::string("File:docs/a")), glob("docs/a"));
    // A space is one in any case.
    assert_eq!(template("", Value::string("Wiki:A")), name("wiki", "A"));
    assert_eq!(template("WIKI:", Value::string("A")), name("wiki", "A"));
    assert_eq!(template("File:", Value::string("A")), glob("A"));
    assert_eq!(template("URL:", Value::string("https://H.example/A")), name("url", "https://h.example/A"));
}

fn part() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "ab", "c.rs"]).prop_map(str::to_owned)
}

fn a_path() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 1..4).prop_map(|parts| parts.join("/"))
}

fn a_glob() -> impl Strategy<Value = String> {
    let wild = prop::sample::select(vec![
        "*", "**", "?", "a*", "*.rs", "{a,b}", "{a/b,c}", "[ab]", "[!c]*", "a[^x]b", "{**,a}",
    ]);
    let part = prop_oneof![part(), wild.prop_map(str::to_owned)];
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

fn a_resource() -> impl Strategy<Value = Resource> {
    let hosts = vec!["a.example", "A.EXAMPLE.:80", "127.0.0.1", "[::1]", "0x1", ""];
    let urls = vec!["https://a.example/x", "https://b.example", "https:/a", "x"];
    prop_oneof![
        a_path().prop_map(|p| path(&p)),
        a_glob().prop_map(|g| glob(&g)),
        prop::sample::select(hosts).prop_map(host),
        prop::sample::select(urls).prop_map(|url| name("url", url)),
        part().prop_map(|p| name("table", &p)),
        Just(Resource::AnyPath),
        Just(Resource::AnyHost),
        Just(Resource::AnyProgram),
        Just(Resource::Everything),
        prop::sample::select(vec!["url", "table"]).prop_map(|space| Resource::AnyIn(space.into())),
    ]
}

fn matches(glob: &str, path: &str) -> bool {
    compile_glob(glob).expect("the glob is valid").is_match(path)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn overlap_is_symmetric_and_holds_for_oneself(a in a_resource(), b in a_resource()) {
        prop_assert_eq!(overlap(&a, &b), overlap(&b, &a));
        prop_assert!(overlap(&a, &a));
    }

    #[test]
    fn what_two_globs_match_they_share(a in a_glob(), b in a_glob(), p in a_path()) {
        if matches(&a, &p) {
            prop_assert!(overlap(&glob(&a), &path(&p)), "{a} matches {p}");
            prop_assert!(!matches(&b, &p) || overlap(&glob(&a), &glob(&b)), "{a} and {b} match {p}");
        }
    }

    #[test]
    fn a_directory_overlaps_all_beneath_it(directory in a_path(), below in a_path(), g in a_glob()) {
        let inner = format!("{directory}/{below}");
        prop_assert!(overlap(&path(&directory), &path(&inner)));
        prop_assert!(!matches(&g, &inner) || overlap(&path(&directory), &glob(&g)), "{g} matches {inner}");
        let grant = Grant::new(CriticalVerb::Delete, &g).expect("the glob is valid");
        // A `**` or a class above the directory is not looked through.
        let plain = !g.contains("**") && !g.contains('[') && !g.contains("{a/b");
        let covers = plain && grant.allows_path(CriticalVerb::Delete, &inner);
        prop_assert!(!covers || grant.may_allow(EffectVerb::Deletes, &path(&directory)), "{g} covers {inner}");
    }
}

#[test]
fn a_name_that_goes_ways_lies_in_no_glob() {
    let allows = |line: &str, space: &str, named: &str| {
        let grant = Grant::new(CriticalVerb::Modify, line).expect("the line is valid");
        grant.may_allow(EffectVerb::Reads, &name(space, named))
    };
    let cases = [
        ("wiki:pages/**", "wiki", "pages/a", true),
        ("wiki:pages/**", "wiki", "pages/a/", true),
        ("wiki:pages/**", "wiki", "pages/../secret", false),
        ("wiki:pages/**", "wiki", "pages/./a", false),
        ("wiki:pages/**", "wiki", "pages//a", false),
        ("wiki:pages/**", "wiki", "pages/..\\secret", false),
        ("wiki:pages/**", "wiki", "pages/%2E%2e/secret", false),
        ("wiki:**", "wiki", "..", false),
        ("wiki:*", "wiki", ".", true),
        ("wiki:**", "wiki", "file:///srv/a", false),
        ("wiki:**", "wiki", "file:///srv/../a", false),
        ("repo:**", "repo", "/srv/a", true),
        ("repo:a/../b", "repo", "a/../b", true),
        ("Repo:a/../b", "repo", "a/../b", true),
        ("WIKI:pages/**", "wiki", "pages/a", true),
        ("wiki:pages/**", "wiki", "Pages/a", false),
        ("https://a.example/**", "url", "https://a.example/x", true),
        ("https://a.example/x/**", "url", "https://a.example/x/../y", false),
    ];
    for (line, space, named, expected) in cases {
        assert_eq!(allows(line, space, named), expected, "{line} and {named}");
    }
}
