//~ P0101
plan 'Ten wrong signs' {
  //~ P0101
  # A comment.
  //~ P0101
  step a = fs.read(path: "a");
  //~ P0101
  step b = fs.read(path: “b”)
  //~ P0101
  let c = !a.text.is_empty()
  //~ P0101
  let d = a.bytes === 3
  //~ P0101
  let e := 3
  //~ P0101
  let f = `g`
  //~ P0101
  /* Another. */
  //~ P0105
  let h = (1 + 2))
  output all = [b.text, c, d, e, f, h]
}
