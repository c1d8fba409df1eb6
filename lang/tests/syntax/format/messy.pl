// The file's own comment.

plan   "messy"   { // behind the brace
output changed=[a.path,b.path]   // what changed
  verify "holds" { // v
    // before the step
    step s=process.run(argv:["cargo","test"]){ expect s.exit_code==0 }
    let t = s.stdout   // t


    t.contains( "ok" )  // the check
    // the end of verify
  }
  step b = fs.write(path: "b", text: a.text) { timeout 5m // long enough
     because "x"


     // a comment of its own
     retry 3   every 2s }


  // about a
  step a = fs.read(path: "a")
  critical { read "config.ini" // why not
    modify   "src/loader.rs"  "prefer TOML when both exist"
    run "cargo test"
    contact   intro . participants   "the invited"   // some
    create [ out , "b.txt" ]
    // the last
  }
  let long = fs.something(first: "a rather long text that fills the line", second: "another rather long text", third: [1,2,3])
  let broken = [1,2,]
  let commented = { a: 1, // the a
    // before b
    b: [ // first
      2, 3 ] }
  let sum = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb - cccccccccccccccccccccccccc * dddddddddddd
  let inside = a + // lost?
     b
  let choice = if aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa == 1 then "oooooooooooooooooooooooone" else if bbbbbbbbbbbb == 2 then "twwwwwwwwwwwwwwwo" else "many"
  let hug = process.run(argv: ["cargo", "test", "--workspace", "--all-features", "--", "--nocapture", "--test-threads=1"])
  let comprehension = [hotel.name.replace("aaaaaaaaaaaaaaaaa", "b") for hotel in all_the_hotels.in_town("Zurich") if hotel.free and hotel.price < 100]
  let block = fs.write(path: "x", text: """
      keep
        this ${a
          // inner comment
        }
    """)
  let chain = list
    .map("x")
    .filter("y")
  let empty = f(  )
  let converted = { "b": 1, "b-c": [a as   Bill, a as ( [int] ) ] }
  let long_conversion = some_record_with_a_long_name.some_field_with_a_long_name.another_field as (map<[{ aaaaaaaaaaaaaaa: int, ... }]>)
  reuse fs.edit   "why"
  reuse "a/b"
  assume "ok" { // first
     true }
  assume "sure" // trust
  input b:  string="x"
  input a: { x: int, // the x
     y?: string }?
  type T=[{a:int,}]
  context """
   text
  """
  rationale "r" // rationale
  // the very end
}
// after all
