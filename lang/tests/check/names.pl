// ==== unknown names, with and without a likely one
plan "p" {
  input environment: string = "staging"
  let greeting = "Hello ${enviroment}"
  step a = fs.read(path: "a.txt")
  step b = fs.read(path: a.txt)
  step c = fs.read(path: "${greeting}${b.text}")
  output whole = c.text.trim() == None or missing
}
// ==== unknown tools
plan "p" {
  step a = fs.read_file(path: "a.txt")
  step b = fs.rea(path: "a.txt")
  step c = shell.exec(command: "ls")
  step d = github.create_issue(title: "Hello")
  step e = read(path: "a.txt")
}
// ==== a line of critical for a step whose tool is unknown is no second mistake
plan "p" {
  critical {
    create "a.txt"
  }
  step a = fs.wriet(path: "a.txt", text: "x")
}
// ==== duplicate names, once for each
plan "p" {
  input a: string
  let a = "x"
  step b = fs.read(path: a)
  step b = fs.read(path: "b.txt")
  output c = a
  output c = b.text
  verify "v" {
    step b = fs.read(path: "c.txt")
    b.text != ""
  }
}
// ==== names of catalogues and types are taken
plan "p" {
  type string = int
  step fs = fs.read(path: "a.txt")
}
// ==== steps that call nothing
plan "p" {
  let x = "a"
  step a = x
  step b = x.upper()
  step c = "text"
  step d = (fs.read)(path: "a")
  step e = [1][0](2)
}
// ==== tools are no values, and are called by steps only
plan "p" {
  let text = fs.read(path: "a.txt").text
  let tool = fs.read
  let space = fs
  step a = fs.write(path: "b.txt", text: fs.read(path: "a.txt").text)
  output x = [text, tool, space, a]
}
// ==== functions of other languages
plan "p" {
  step a = fs.list()
  output n = len(a.entries)
  output s = str(1)
  output e = endorse(a.path)
}
// ==== variables of comprehensions
plan "p" {
  step a = fs.list()
  output same = [a for a in a.entries]
  output inner = [[e for e in a.entries] for e in a.entries]
  output outside = [f.name for f in a.entries].concat([f])
}
// ==== a let may share its name with the variable of its own comprehension: one mistake
plan "p" {
  step a = fs.list()
  let entry = [entry.name for entry in a.entries]
  output names = entry
}
// ==== reuse of tools
plan "p" {
  reuse fs.edti "the usual way"
  reuse "../elsewhere" "outside"
  step a = fs.read(path: "a.txt")
}
