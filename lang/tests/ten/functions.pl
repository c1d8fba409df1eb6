plan "Ten mistakes with functions" {
  step s = fs.read(path: "s")
  let lines = s.text.lines()
  //~ P0106
  let a = lines.any(l => l.length() > 3)
  //~ P0106
  let b = lines.all(|l| l.length() > 3)
  //~ P0106
  let c = lines.find(l => l == "x")
  //~ P0106
  let d = lines.sort(key=lambda l: l.length(), reverse=true)
  //~ P0106
  let e = sorted(lines, key=lambda l: l.length())
  //~ P0106
  let f = lines.reduce((n, l) => n + l.length(), 0)
  //~ P0106
  let g = lines.filter(|l| l != "").map(|l| l.trim())
  //~ P0106
  let h = any(l == "x" for l in lines)
  //~ P0106
  let i = ",".join(l.trim() for l in lines if l != "")
  //~ P0106
  let j = lines.forEach(l => l)
  //~ P0106
  let k = lines.some(l => l == "x") == true
  //~ P0106
  let m = lines.filter(l => l != "").sort(l => l.length()).map(w => w.trim()).join("-")
  //~ P0306
  let n = ", ".join(lines)
  //~ P0306
  let o = "{} of {:.2f}".format(s.text, 2.5)
  //~ P0309
  let p = "%s: %d" % [s.text, 2]
  //~ P0309
  let q = "%s: %d" % (s.text, 2)
  //~ P0306
  let r = "{n} of {all}".format(n=s.text, all=lines.length())
  //~ P0106
  let t = sorted(lines, key=lambda l: l.length(), reverse=False)
  output all = [a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, t]
}
