// ==== what belongs to a verification stays there
plan "p" {
  let outside = shown.text
  step a = fs.read(path: "a")
  step early = fs.read(path: shown.text)
  verify "one" {
    step shown = fs.read(path: a.path)
    let text = shown.text.trim()
    text != ""
  }
  verify "two" {
    step other = fs.read(path: shown.path) {
      after shown
    }
    text == other.text and shown.text == ""
  }
  output x = [text, shown.text, outside, early.text]
}
// ==== a verification sees the plan, its own steps and its own lets
plan "p" {
  step a = fs.read(path: "a")
  verify "one" {
    let size = b.bytes
    step b = fs.read(path: a.path)
    let same = a.bytes == size
    same and fs.stat(path: b.path).kind == "file"
  }
}
// ==== an assumption sees no step
plan "p" {
  let text = a.text
  input name: path
  assume "it is there" {
    fs.stat(path: name).kind == "file" and a.text == "" and text == ""
  }
  assume "this says nothing" {
    "x"
  }
  step a = fs.read(path: "a")
}
// ==== condition of a verification
plan "p" {
  step a = fs.read(path: "a")
  verify "one" {
    a.text
  }
  verify "two" {
    a.text.find("x")
  }
}
// ==== calls for each element
plan "p" {
  input names: [path]
  step a = fs.read(path: "a")
  assume "they are there" {
    [fs.stat(path: name).kind for name in names] == ["${fs.stat(path: other).kind}" for other in names]
  }
  verify "one" {
    [fs.read(path: p).text for p in ["a.txt", "../b.txt"] if fs.stat(path: p).kind == "file"].is_empty()
  }
  verify "two" {
    [[fs.read(path: p).text for p in ["${q}/a", q]] for q in ["a", "b"] by fs.stat(path: q).bytes].is_empty()
  }
}
