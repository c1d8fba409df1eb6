plan “Join the notes” {
  critical { create "all.txt" }
  step all = fs.write("all.txt", fs.read("a.txt").text + fs.read("b.txt").text)
  output bytes = fs.stat(path: all.path).bytes
}
