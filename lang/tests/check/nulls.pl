// ==== a step that may be skipped
plan "p" {
  input deep: bool
  step a = fs.read(path: "a") {
    when deep
  }
  step b = fs.stat(path: "b") {
    on failure continue
  }
  step c = fs.write(path: "c", text: a.text)
  step d = fs.write(path: "d", text: "${a?.text}")
  step e = fs.write(path: "e", text: a?.text)
  step f = fs.write(path: "f", text: a?.text ?? "")
  step g = fs.read(path: b.path)
  output x = a.text
}
// ==== what conditions prove
plan "p" {
  input deep: bool
  step a = fs.read(path: "a") {
    when deep
  }
  let text = a?.text
  step b = fs.read(path: a.text) {
    when a != null
  }
  step c = fs.read(path: a.text) {
    when a?.text != null and a.bytes > 0
  }
  step d = fs.read(path: a.text) {
    when not (a == null or a.bytes == 0)
  }
  step e = fs.read(path: text) {
    when text != null
  }
  step f = fs.read(path: a.path) {
    when a?.text == "go"
  }
  output g = if a == null then "" else a.text
  output h = [x for x in ["a"] if a != null and a.text == x]
  output wrong = if a == null then a.text else ""
  output other = if a != null or deep then a.text else ""
  output after = [b?.text, c?.text, d?.text, e?.text, f?.text]
}
// ==== a proof says nothing about another value of the same name
plan "p" {
  type Item = { name: string?, parts: [{ name: string? }] }
  input items: [Item]
  step s = fs.list()
  output a = [[x.name.upper() for x in x.parts] for x in items if x.name != null]
  output b = [x.name.upper() for x in items if x.name != null]
  output c = [x.name.upper() for x in items]
}
// ==== a result that may be null by itself
plan "p" {
  step a = fs.read(path: "a")
  let first = a.text.lines().first()
  let number = a.text.parse_int()
  output x = first.upper()
  output y = number + 1
  output z = -number
  output v = number > 3
  output w = first in ["a"]
  output u = if a.text.find("x") then 1 else 2
}
// ==== null where none can be
plan "p" {
  step a = fs.write(path: "a", text: null)
  step b = fs.edit(path: "b", edits: [{ find: "a", replace: "b", count: null }])
  step c = fs.list(path: null)
  output x = a != null
  output y = a == null
  output z = null.field
  output w = null ?? "x"
  output v = null + 1
  output u = not null
}
// ==== lists that may be null
plan "p" {
  input names: [string]?
  step a = fs.list()
  output x = names[0]
  output y = [n for n in names]
  output z = "a" in names
  output w = names.length()
  output v = names?.length()
  output u = names ?? []
}
// ==== the result is there in expect and undo, also where later steps must reckon with null
plan "p" {
  critical {
    run "true"
    delete "a"
  }
  input deep: bool
  step a = process.run(argv: ["true"]) {
    when deep
    on failure continue
    expect a.exit_code == 0
    undo fs.delete(path: "a")
  }
  output x = a.exit_code
}
