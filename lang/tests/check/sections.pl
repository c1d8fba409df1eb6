// ==== signs in the place of words, without blanks
plan "p" {
  input a: int
  input f: bool
  output b = a>0&&a<9||a==3
  output c = f&&!f
  output d = [f||f, !f]
}
// ==== signs for comments
plan "p" {
  #
  #é
  input n: int #
  let half = n # n
  output a = half #é
}
// ==== a clause with the other condition
plan "p" {
  input f: bool
  input g: bool
  step a = fs.read(path: "a") {
    unless f
  }
  step b = fs.read(path: "b") {
    unless f or g
  }
  step c = fs.read(path: "c") {
    requires a != null and a.bytes > 0
  }
  step d = fs.read(path: "d") {
    requires a
  }
}
// ==== forms of shells in strings
plan "p" {
  critical {
    run "sh"
  }
  step a = process.run(argv: ["sh", "-c", "echo ${HOME:-/root} $PATH ${#list} ${file%.md} ${file##*/} ${word^^}"])
  step b = process.run(argv: ["sh", "-c", """
    echo ${1:?missing} ${name%%-*}
    """])
  output c = "${7 % 4}"
}
// ==== functions of several values
plan "p" {
  input names: [string]
  output a = names.reduce((sum, name) => sum + name.length(), 0)
  output b = names.fold(0, |sum, name| sum)
  output c = names.sort(lambda a, b: a)
  output d = (1, 2)
}
// ==== what is returned from a block
plan "p" {
  input flag: bool
  each lengths = name in ["a", "b"] {
    step read = fs.read(path: name)
    return read.bytes
  }
  when flag {
    step more = fs.read(path: "c")
    return more
  }
  return lengths
}
// ==== blocks of inputs and outputs
plan "p" {
  inputs {
    name: string = "a",
    count: int
  }
  step a = fs.read(path: name, max_bytes: count)
  outputs {
    text = a.text
    bytes = a.bytes,
  }
}
// ==== lines that belong together by their indentation
plan "p" {
  inputs:
    name: string
    count: int
  critical:
    - modify "a"
    - run "b"
  step a:
    tool: fs.read
    path: name
    max_bytes: count
  step b:
    tool: fs.read
    with:
      path: "b"
  output c = "${a.text}${b.text}"
}
// ==== a name behind its call
plan "p" {
  fs.read(path: "a") -> a
  step fs.read(path: "b") => b {
    timeout 3s
  }
  output c = "${a.text}${b.text}"
}
// ==== a value that is changed
plan "p" {
  input count: int
  let n = 1
  n = 2
  n += count
  count = 3
  m = n
  output a = n + m
}
// ==== a fence within a line
plan "p" {
  let a = "x"```y
  output b = a
}
// ==== types of names and outputs
plan "p" {
  output a: int = 1
  step b: text = fs.read(path: "a")
}
// ==== types in quotes
plan "p" {
  input text: string
  type Bill = { amount: "float", iban: string, kind: "card" | "cash" }
  type Kind = { kind: "date", at: date } | { kind: "none" }
  step a = model.extract(from: text, ask: "the amount", type: "float")
  step b = model.extract(from: text, ask: "the bill", type: Bill)
  step c = model.extract(from: text, ask: "the dates", type: ["date"])
  step d = model.extract(from: text, ask: "the kind", type: Kind)
  step e = llm.extract(from: text, ask: "the kind", type: int)
}
// ==== places below 0
plan "p" {
  input names: [string]
  output a = names[-1]
  output b = names[-2]
  output c = names[0 - 1]
}
// ==== parts of lists
plan "p" {
  input names: [string]
  output a = names[1:]
  output b = names[:3]
  output c = names[:-1]
  output d = names[-2:]
  output e = names[:]
}
// ==== comparisons in a row
plan "p" {
  input n: int
  output a = 0 < n <= 9
  output b = 9 > n + 1 > 0
  output c = 0 < n > 3
  output d = n == 1 == true
}
// ==== texts and lists with the signs of other languages
plan "p" {
  input text: string
  input names: [string]
  output a = "b" in text
  output b = not "b" in text.trim()
  output c = names + ["c"] + names
  output d = [1] + names
}
// ==== numbers without their unit
plan "p" {
  input day: date
  input wait: duration
  output a = day + 14
  output b = wait > 60
  output c = day - 1.5
}
// ==== values in another form
plan "p" {
  critical {
    run "head"
    delete "a"
    create "b"
    modify "b"
    contact "a.example"
  }
  input names: [string]
  step read = fs.read(path: "a", max_bytes: "100")
  step gone = fs.delete(path: "a", recursive: "true")
  step head = process.run(argv: ["head", "-n", 5], env: { LANG: "C", N: "${read.bytes}" })
  step page = http.get(url: "https://a.example/", headers: { "X-A": read.text })
  step lines = fs.write(path: "b", text: names)
  step count = fs.write(path: "b", text: read.bytes)
  step whole = fs.write(path: "b", text: read)
  step table = fs.write(path: "b", text: [{ a: 1 }])
  step edit = fs.edit(path: "b", edits: { find: "a", replace: "b" })
}
// ==== a program and its arguments side by side
plan "p" {
  critical {
    run "git"
  }
  step a = process.run(command: "git", args: ["log", "-5"])
  step b = process.run(program: "git", arguments: [])
  step c = process.run(argv: ["git log"])
}
