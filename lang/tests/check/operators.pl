// ==== operators on the wrong types
plan "p" {
  step a = fs.read(path: "a")
  output b = "a" + "b"
  output c = "a" + 1
  output d = [1] + [2]
  output e = a - 1
  output f = "a" < 1
  output g = -"a"
  output h = not "a"
  output i = a and true
  output j = a.text in "text"
  output k = 1 in 2
  output l = a.bytes % "2"
}
// ==== conditions
plan "p" {
  step a = fs.list() {
    expect a.entries
  }
  step b = fs.read(path: "b") {
    when "yes"
    expect b.text
    expect b.bytes
  }
  output c = if b then 1 else 2
  output d = [e for e in a.entries if e.name]
}
// ==== comparisons that are settled
plan "p" {
  step a = fs.read(path: "a")
  output b = a.text == 1
  output c = a.text != 1
  output d = a.bytes == null
  output e = a.bytes != null
  output f = a.text in [1, 2]
  output g = a.text in []
  output h = [1] == ["a"]
}
// ==== lists and indices
plan "p" {
  step a = fs.list()
  output b = a.entries.name
  output c = a.entries["name"]
  output d = a["path"]
  output e = a.path[0]
  output f = [c for c in a.path]
  output g = [c for c in a]
  output h = [1, 2][5]
  output i = [1, 2][-1]
}
// ==== strings
plan "p" {
  step a = fs.list()
  output b = "${a.entries}"
  output c = "${a}"
  output d = "${null}"
  output e = "${a.path} ${1} ${true}"
}
