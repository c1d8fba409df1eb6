plan "Ten mistakes in expressions" {
  step s = fs.read(path: "s")
  let lines = s.text.lines()
  //~ P0101
  let a = s.bytes > 1 && s.bytes < 9
  //~ P0106
  let b = s.bytes > 1 ? "large" : "small"
  //~ P0106
  let c = lines.map(line => line.trim())
  //~ P0106
  let d = f"{b} file"
  //~ P0309
  let e = b + " file"
  //~ P0106
  let f = None
  //~ P0201
  let g = len(lines)
  //~ P0106
  let h = "a" not in lines
  //~ P0112
  let i = [1, 2 3]
  //~ P0106
  let j = s.text is not null
  //~ P0314
  let k = 1 == 2
  output all = [a, b, c, d, e, f, g, h, i, j, k]
}
