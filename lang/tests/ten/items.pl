plan "Ten mistakes in items" {
  //~ P0107
  goal: "All of it."
  //~ P0106
  input place string
  //~ P0107
  import fs
  critical {
    //~ P0106
    read "a", "b"
    //~ P0106
    read("c")
  }
  //~ P0107
  const a = 1
  //~ P0107
  Step b = fs.read(path: "${place}/b${a}")
  //~ P0107
  c = fs.read(path: "c")
  //~ P0107
  def double(x) { x * 2 }
  //~ P0106
  verify "b is there" b.bytes > 0
  output texts = [b.text, c.text]
}
