plan "Ten mistakes with operators" {
  step s = fs.read(path: "s")
  //~ P0101
  let a = s.text == "x" & s.bytes > 1
  //~ P0101
  let b = (s.text == "x") | (s.bytes > 1)
  //~ P0101
  let c = 6 & 1
  //~ P0101
  let d = [&a, b]
  //~ P0106
  let e = s.text contains "x" and a
  //~ P0106
  let f = [l for l in s.text.lines() if l startswith "x"]
  //~ P0106
  let g = s.text is not null
  //~ P0106
  let h = "x" not in s.text
  //~ P0101
  let i = s.text && a
  //~ P0106
  let j = s.text ? 1 : 2
  //~ P0101
  let k = s.text | upper
  //~ P0101 P0101
  let l = s.text.lines() | join(", ") | trim
  output all = [a, b, c, d, e, f, g, h, i, j, k, l]
}
