// ==== lets in a circle
plan "p" {
  let a = "${b}"
  let b = "${c}"
  let c = "${a}"
  let d = d
  let user = a
  step s = fs.read(path: user)
}
// ==== lets may stand below their use
plan "p" {
  let a = "${b}/x"
  let b = c
  let c = "dir"
  step s = fs.read(path: a)
}
// ==== steps that run later
plan "p" {
  let later = b.text.trim()
  step a = fs.read(path: b.text)
  step c = fs.read(path: later)
  step d = fs.read(path: "d") {
    after b
  }
  step b = fs.read(path: "b")
}
// ==== steps that wait for themselves or for each other
plan "p" {
  let own = a.text
  step a = fs.read(path: own)
  step b = fs.read(path: "b") {
    after b
  }
  step c = fs.read(path: d.text)
  step d = fs.read(path: c.text)
  step e = fs.read(path: "e") {
    when e.text == ""
  }
}
// ==== what after may name
plan "p" {
  let x = "a"
  step first = fs.read(path: x)
  step b = fs.read(path: "b") {
    after frist, x, nowhere
  }
}
// ==== nothing to do
plan "p" {
  rationale "why"
}
// ==== values that nothing uses
plan "p" {
  input unused: string
  input used: string
  let a = used
  let b = "x"
  let c = b
  let _d = "y"
  step s = fs.read(path: a)
}
