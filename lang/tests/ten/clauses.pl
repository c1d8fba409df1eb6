plan "Ten mistakes in clauses" {
  step a = fs.read(path: "a")
  step b = fs.read(path: "b") {
    //~ P0108
    depends_on: [a]
    //~ P0106
    timeout: 30s
    //~ P0108
    retries: 3
    //~ P0108
    on_failure: continue
  }
  step c = fs.read(path: "c") {
    //~ P0106
    after: [a, b]
    //~ P0106
    timeout 30 seconds
    //~ P0106
    retry 3 times
    //~ P0106
    expect c.text = "x"
    //~ P0108
    if b.bytes == 0
  }
  //~ P0106
  step d = fs.read(path: "d") after a
}
