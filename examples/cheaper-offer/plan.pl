// What a web page says is nobody's order. Out of each page comes a number or nothing, the numbers choose between two
// hotels that the plan names, and who runs it is shown the choice before anything is booked.
plan "Book the cheaper of two hotels" {
  rationale "Four nights at the fair, single room with breakfast; both are near enough."

  assume "nothing is booked yet" {
    fs.search(pattern: "^(north|south),", files: "web/bookings.csv").matches.is_empty()
  }
  assume "Both may be booked; only the price decides."

  critical {
    run    "sh web/get.sh"   "reads a page"
    run    "sh web/book.sh"  "books"
    modify "web/bookings.csv"
  }

  step north = process.run(argv: ["sh", "web/get.sh", "https://north.example/offer"])
  step south = process.run(argv: ["sh", "web/get.sh", "https://south.example/offer"])

  let prices = [
    [
      line.trim().strip_prefix("Total: EUR ").parse_float()
      for line in page.lines()
      if line.trim().starts_with("Total: EUR ")
    ].first("the page has no line with a total")
    for page in [north.stdout, south.stdout]
  ]
  let cheaper = if (prices[1] ?? 9999.0) < (prices[0] ?? 9999.0) then "south" else "north"

  step booked = process.run(argv: ["sh", "web/book.sh", "book", cheaper]) {
    because "The fair is in three weeks, and prices rise."
    undo process.run(argv: ["sh", "web/book.sh", "cancel"])
  }

  verify "one hotel is booked, once" {
    fs.search(pattern: "^(north|south),", files: "web/bookings.csv").matches.length() == 1
  }

  output hotel = cheaper
}
