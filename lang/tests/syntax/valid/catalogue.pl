/// Files and programs.
/// Two lines of it.
catalogue demo {
  type Entry = { path: path, size?: int }

  /// Lists a directory.
  tool list(
    /// Which.
    path: path = ".",
    depth?: int,
    kind: ("file" | "directory")? = null,
  ) -> [Entry] {
    reads path
    category analyze
    timeout 10s
  }

  tool record(name: string, text: string) {
    writes "table:${name}"
    contacts "db.example" when name != "local"
    reads name when name in ["a", "b"] and not (text == "")
    creates "drive:${result.id}"
    independent
    idempotent
    limit 1_000 per hour
    simulate demo.list(path: name, depth: 1,)
    paged name from result.at.next, at most 20
    approval ask
  }

  tool now() -> datetime { pure }

  type Headers = map<string>
  type Rows = map<[map<int(min: -1)>]>?
  tool headers(more: map<string> = {}, rows?: Rows) -> map<string> {
    pure
  }
}
type Port = int(min: 1, max: 65_535,)
type Slug = string(pattern: r"^[a-z]+$", min: 1) | [float(min: -0.5)](max: 3)?
type Open = { "content-type": string, id?: int, ... }
type Any = { ..., }
type Limit = -1 | 3 | true | null
