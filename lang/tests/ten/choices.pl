plan "Ten mistakes in choices" {
  step s = fs.read(path: "s")
  //~ P0106
  let a = if s.text == "x" { 1 } else { 2 }
  //~ P0106
  let b = if (s.bytes > 1) {
    "many"
  } else if s.bytes == 1 {
    "one"
  } else {
    "none"
  }
  //~ P0106
  step c = fs.read(path: if a == 1 { "p" } else { "q" })
  //~ P0106
  let d = [if a == 1 { { n: 1 } } else { { n: 2 } }]
  //~ P0106
  let e = if a == 1 { let k = 1; k } else { return 2; }
  //~ P0106
  let f = if a == 1 { 1 }
  //~ P0106
  let g = match s.text { "x" => 1, _ => 2 }
  //~ P0106
  let h = switch (s.text) {
    "x" => 1
    "y" | "z" => 2
    _ => 3
  }
  //~ P0106
  let i = match s.text { other => other }
  //~ P0106
  let j = s.text ? 1 : 2
  //~ P0106
  let k = when (s.text) { "x" -> 1; else -> 2 }
  //~ P0106
  output all = "n: ${if a == 1 { 1 } else { 2 }}"
  output others = [b, c, d, e, f, g, h, i, j, k]
}
