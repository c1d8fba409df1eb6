// ==== lines of critical over values
plan "p" {
  input recipients: [string] = []
  input target: path = "a.txt"
  input count: int = 1
  let maybe = if count > 1 then target else null
  critical {
    contact recipients
    create  target       "an input"
    create  count
    create  maybe
    create  nowhere.txt
    run     src/tool.sh
    read    [target, count]
    frob    target
  }
  step a = fs.write(path: target, text: "x")
}
// ==== a value that is known from the text covers what it names and nothing else
plan "p" {
  let out = ["a.txt", "b*.txt"]
  critical {
    create out
  }
  step a = fs.write(path: "a.txt", text: "x")
  step b = fs.write(path: "bc.txt", text: "x")
}
// ==== a value that is not known from the text may cover, or not
plan "p" {
  critical {
    create list.text.lines() "what the list names"
    run    list.text
  }
  step list = fs.read(path: "list")
  step a = fs.write(path: "a.txt", text: "x")
  step b = fs.delete(path: "b.txt")
}
// ==== a line over a step of a verification
plan "p" {
  critical {
    create seen.text
  }
  step a = fs.write(path: "a.txt", text: "x")
  verify "there" {
    step seen = fs.read(path: "a.txt")
    seen.text == "x"
  }
}
