// ==== types in messages
plan "p" {
  step a = fs.write(path: 1, text: ["x"], executable: "yes")
  step b = fs.write(path: "b", text: 3)
  step c = fs.write(path: ["b"], text: [])
  step d = process.run(argv: "cargo test")
  step e = process.run(argv: ["cargo", 3], success: ["0"])
  step f = fs.stat(path: { path: "a" })
  output all = [a, b, c, d, e, f]
}
// ==== unknown types
plan "p" {
  type Bill = { amount: number, iban: str, paid: Datee }
  type Datee = string
  input bill: Bil
  step a = fs.write(path: "a", text: bill.iban)
  output x = bill
}
// ==== types of which no value would ever end
plan "p" {
  type Tree = { left: Tree, right: Tree }
  type A = B
  type B = A
  type C = { next: D }
  type D = { next: C, name: string } | { next: C }
  type E = [E](min: 1)
  type F = F | int
  type G = [{ left: G, right: [G] }]
  input tree: Tree
  input a: A
  input g: G
  step s = fs.write(path: "a", text: "${tree.left}${a}${g.length()}")
}
// ==== fields declared twice, given twice, unknown, missing
plan "p" {
  critical {
    modify "a"
  }
  type Twice = { a: int, a: string }
  input twice: Twice
  step a = fs.edit(path: "a", edits: [
    { find: "a", find: "b", replace: "c" },
    { fnd: "a", replace: "c" },
    { find: "a", replace: "c", cuont: 2 },
    { find: "a", replace: "c", extra: 2 },
    { find: "a" },
    { find: 1, replace: null, count: "2" },
    { find: "a", replace: "b", count: null },
  ])
  output x = a.pth
  output y = a.path.stem
  output z = a.path.nothing
  output t = twice.a
}
// ==== a record for an optional one is looked into
plan "p" {
  type Point = { x: int, y: int }
  input at: Point? = { x: 1, y: 2 }
  input wrong: Point? = { x: 1, z: 2 }
  input list: [Point] = [{ x: 1, y: "2" }]
  step a = fs.read(path: "${at?.x ?? 0}${wrong?.x ?? 0}${list.length()}")
}
// ==== literals
plan "p" {
  input environment: "staging" | "production" = "prodution"
  input level: 1 | 2 | 3 = 4
  step a = fs.read(path: "a") {
    when environment == "stagin"
  }
  step b = fs.read(path: "b") {
    when level == 5 or level == "1"
  }
  step c = fs.stat(path: "c") {
    expect c.kind == "dir"
  }
  step d = fs.stat(path: "d") {
    expect d.kind in ["files", "folders"]
  }
}
// ==== long unions are shown by their first members
plan "p" {
  input day: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday"
  step a = fs.read(path: "a") {
    max_notes: 3
  }
  output x = day + 1
}
// ==== long unions
plan "p" {
  input day: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday"
  step a = fs.read(path: "a", max_bytes: day)
  output y = [day == "fridya", day == 3]
}
// ==== numbers
plan "p" {
  input ratio: float = 1
  input count: int = 1.5
  step a = fs.read(path: "a", max_bytes: ratio)
  output x = ratio + count
  output y = 9223372036854775807 + 1
  output z = 1 / 0
}
// ==== any gives nothing away
plan "p" {
  step a = fs.read(path: "a.json")
  let data = a.text.parse_json()
  step b = fs.write(path: data.path, text: data.text)
  step c = fs.write(path: "c", text: "${data.title}") {
    when data.enabled
  }
  output x = data.count + 1
  output y = data.name.upper()
  output z = [item.id for item in data.items]
}
// ==== empty lists and records
plan "p" {
  let none = []
  let empty = {}
  step a = process.run(argv: none, env: none)
  output x = none.first("none")
  output y = empty.field
  output z = 1 in none
  output w = none[0].path
}
// ==== values of an optional field may be null, absent or there
plan "p" {
  critical {
    modify "a"
  }
  let with_null = { find: "a", replace: "b", count: null }
  let without = { find: "a", replace: "b" }
  let wrong = { find: "a", replace: "b", count: "2" }
  step a = fs.edit(path: "a", edits: [with_null, without, wrong])
}
// ==== a type that is built up past the limit
plan "p" {
  let a = { a: 1, b: 2, c: 3, d: 4 }
  let b = { a: a, b: a, c: a, d: a }
  let c = { a: b, b: b, c: b, d: b }
  let d = { a: c, b: c, c: c, d: c }
  let e = { a: d, b: d, c: d, d: d }
  let f = { a: e, b: e, c: e, d: e }
  let g = { a: f, b: f, c: f, d: f }
  step s = fs.read(path: "a")
  output x = g
}
// ==== a path is a string, and a string with the form of a path is a path
plan "p" {
  input where: path = "out"
  input bad: path = "/etc"
  step a = fs.read(path: where.join("a.txt"))
  step b = fs.read(path: "${where}/b.txt")
  step c = fs.read(path: if a.text == "" then where else "c.txt")
  step d = fs.read(path: "../c.txt")
  step e = fs.read(path: "~/c.txt")
  step f = fs.glob(pattern: "src/[a")
  output x = [a.text, b.text, c.text, d.text, e.text, bad, f.paths.join(",")]
}
