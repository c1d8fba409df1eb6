plan "Ten mistakes in blocks" {
  critical {
    create "o.txt"
  }
  //~ P0106
  step "the first one" = fs.read(path: "a")
  step a = fs.read(path: "a")
  step b = fs.write(path: "o.txt", text: a.text) {
    //~ P0106
    on failure { undo }
  }
  step c = fs.read(path: "c") {
    //~ P0106
    on_failure { continue }
  }
  step d = fs.read(path: "d") {
    //~ P0106
    on failure {
      step e = fs.read(path: "e")
    }
  }
  //~ P0101
  step f = fs.write(path: "o.txt"; text: "x")
  //~ P0101
  let g = [1; 2; 3]
  //~ P0101
  let h = { x: 1; y: 2; }
  //~ P0101
  let n = if g == [] then { x: 0, y: 0 } else { x: 1; y: 2 }
  assume "there is a file" {
    //~ P0106
    step z = fs.read(path: "in.txt")
    z.text.length() > 0
  }
  //~ P0107
  for l in a.text.lines():
    step i = fs.read(path: l)
    step j = fs.read(path: i.text) {
      timeout 3s
    }
  //~ P0106
  gate "look" { show a.text }
  //~ P0106
  step k = fs.read(path: "k") if a.text == "x"
  //~ P0106
  step m = fs.read(path: "m") unless a.text == "x" {
    timeout 3s
  }
  output all = [the_first_one.text, g, h, n, l_results, k, m]
}
