plan "Publish" {
  critical {
    create "out/page.html"
    read "page.md"
  }
  step page { tool: fs.read, args: { path: "page.md" } }
  step write-page = fs.write(path: "out/page.html", text: page.text), timeout: 30s
  step look-again = fs.stat(path: write-page.path) after write-page
  verify: "the page is there" { expect look-again.bytes > 0 }
}
