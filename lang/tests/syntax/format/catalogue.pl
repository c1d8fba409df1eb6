/// Doc.
///
///  Indented.
catalogue   c {
// before
  tool a(x:int,y?:string="b")->{a:int} { pure }   // a
  /// B.
  tool b(
     // x comes first
     x: path,
     /// y is documented
     y: [string] // last
  ) { writes   x
    writes "file:${x}/*"   // template
    creates   "drive:${ result.id }"   when x=="a" and  not(y in ["b","c"])   // now and then
    independent
    limit   10   per minute   // often
    simulate  c . a( x:1,
      y : y )
    paged   y from result . next ,at most   20
    timeout   10s }
  tool a_tool_with_a_long_name(parameter_one: string, parameter_two: string, parameter_three: string) -> { path: path, bytes: int } { reads parameter_one
  }
  type E="a"|"b"
  tool none() // nothing
}
type Open = {a:int,...}
type Wide = { "first-one": int(min:1,max:2), "second": map<  string >, third: [string]( min : 1 ) ?, "fourth\u{e9}": int, ... }
type Kept = {
  a: int, // the a
  ...
}
type Bound = string(pattern:r"^[a-z]+$",
  min: 1,)
type Long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" | "cccccccccccccccccccccccccccccccccc" | -  3
