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
    approval ask
  }

  tool now() -> datetime { pure }
}
type Limit = -1 | 3 | true | null
