// ==== tools
catalogue notes {
  type Note = { id: string, text: strin }

  tool get(id: string, id: int) -> Note {
    reads "note:${id}"
  }
  tool get(id: string) -> Note {
    reads "note:${id}"
  }
  tool put(note: Note, count: int, ids: [string], maybe?: string = "x") {
    writes note
    writes count
    deletes ids
    reads idz
    creates "note:${note}"
    creates "note:${count}"
    creates "note:${missing}"
    creates "note:${count + 1}"
    reads maybe
  }
  tool free() {
    pure
    writes "note:all"
  }
  tool silent(id: string)
}
// ==== defaults, timeouts and categories
catalogue notes {
  tool list(limit: int = "ten", ratio: float = 1, tags: [string] = [1], from: path = "/", first: int = 1 + 1) -> [string] {
    reads "note:all"
    timeout 0s
    category reading
  }
}
// ==== a catalogue of its own is not planc's
catalogue fs {
  tool shred(path: path) {
    deletes path
  }
}
// ==== two catalogues of one name
catalogue notes {
  tool a() {
    pure
  }
}
catalogue notes {
  tool a() {
    pure
  }
  tool b() {
    pure
  }
}
// ==== types without end and names that are taken
catalogue notes {
  type path = string
  type Tree = { child: Tree }
  type Pair = { a: int }
  type Pair = { b: int }

  tool a(tree: Tree, pair: Pair) -> Tree {
    pure
  }
}
// ==== a plan among catalogues
catalogue notes {
  tool a() {
    pure
  }
}
plan "p" {
  step s = notes.a()
}
// ==== effects that depend on an argument, and on the result
catalogue repos {
  tool call(repo: string, method: "get" | "put" | "delete", force: bool = false, depth?: int, tags: [string] = []) -> { id: int, at: { path: string }, size: float } {
    reads "repo:${repo}" when method == "get"
    writes "repo:${repo}" when method in ["put", "delete"] or (force and not (depth == null))
    deletes "repo:${repo}" when "delete" == method and tags != ["keep"]
    creates "drive:${result.id}"
    creates "file:${result.at.path}" when force
    creates "size:${result.size}"
    creates "drive:${result.idd}"
    creates "drive:${result.id.x}"
    creates "drive:${result}"
    reads "repo:x" when method == "GET"
    reads "repo:x" when methud == "get"
    reads "repo:x" when method
    reads "repo:x" when depth > 1
    reads "repo:x" when method > "get"
    reads "repo:x" when repo.length() > 3
    reads "repo:x" when "a" == "b"
    reads "repo:x" when method in "get"
    reads "repo:x" when method == repo
    independent
    limit 10 per minute
    simulate call
    paged cursor from result.next, at most 20
    pinned "sha256:0"
  }
}
// ==== probes that cannot tell
catalogue bank {
  tool transfer(amount: int, reference?: string) -> { id: int } {
    writes "ledger"
    probe balance
  }
  tool note(text: string, reference: int) {
    writes "notes"
    probe find
  }
  tool pay(reference: string) -> { id: int } {
    writes "ledger"
    probe pay
  }
  tool send(reference: string) -> { id: int } {
    writes "ledger"
    probe nobody
  }
  tool look(reference: string) -> { id: int }? {
    reads "ledger"
    probe find
  }
  tool give(reference: string) -> { trusted id: int } {
    writes "ledger"
    probe find
  }
  tool part(reference?: string) -> { id: int } {
    writes "ledger"
    probe find
  }
  tool log(reference: string) {
    writes "ledger"
    probe find
  }
  tool ask(reference: string) -> { id: int }? {
    writes "ledger"
    probe find
  }
  tool tell(data reference: string) -> { id: int } {
    writes "ledger"
    probe find
    probe find
  }
  tool find(reference: string) -> { id: int }? {
    reads "ledger"
  }
  tool balance() -> int {
    reads "ledger"
  }
}
