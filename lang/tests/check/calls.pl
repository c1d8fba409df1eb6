// ==== arguments
plan "p" {
  step a = fs.read()
  step b = fs.write(path: "b")
  step c = fs.write(pth: "c")
  step d = fs.write(file: "d", content: "x")
  step e = fs.read(path: "e", path: "f")
  step f = fs.read("f")
  step g = fs.write("g", "x")
  step h = fs.read(path: "h", colour: "red")
  step i = fs.write(colour: "red")
  step j = fs.read(path: "j", "k")
  step k = fs.move()
}
// ==== a call that is not complete is not judged by critical
plan "p" {
  critical {
    create "a"
  }
  step a = fs.write(text: "x")
  step b = fs.write(path: missing, text: "x")
}
// ==== values that the parameter does not accept
plan "p" {
  let absolute = "/etc/passwd"
  step a = fs.read(path: "")
  step b = fs.read(path: absolute)
  step c = fs.read(path: "${"a"}/../b")
  step d = fs.read(path: ["a", "../b"][1])
}
// ==== timeouts and retries
plan "p" {
  critical {
    run "make"
    create "b"
  }
  step a = fs.read(path: "a") {
    timeout 0s
    retry 0
  }
  step b = fs.write(path: "b", text: "") {
    retry 1000 every 1s
  }
  step c = process.run(argv: ["make"]) {
    retry 3
  }
}
// ==== what can be held to the dry run
plan "p" {
  critical {
    run "make"
    create "b"
  }
  step a = process.run(argv: ["make"]) {
    reproduce
    reproduce
  }
  step b = fs.write(path: "b", text: "") {
    reproduce
  }
  step c = fs.read(path: "c") {
    reproduce
    because "It is there."
  }
  step d = nothing.here(path: "c") {
    reproduce
  }
}
// ==== undo is a call, and is covered like one
plan "p" {
  critical {
    create "a"
  }
  step a = fs.write(path: "a", text: "x") {
    undo fs.delete(path: a.path)
  }
  step b = fs.write(path: "a", text: "y") {
    undo "nothing"
  }
  step c = fs.write(path: "a", text: "z") {
    undo fs.delete(path: d.path)
  }
  step d = fs.read(path: "d")
}
// ==== a value with warnings in place of a call
plan "p" {
  critical {
    run "make"
  }
  step run = process.run(argv: ["make"])
  step t = run != null or true
}
// ==== something behind the call of a step
plan "p" {
  critical {
    run "make"
  }
  step a = process.run(argv: ["make"]) or true
  step b = process.run(argv: ["make"]) ?? null
}
