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
