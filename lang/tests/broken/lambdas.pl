plan "Look at the notes" {
  step notes = fs.glob(pattern: "notes/*.md")
  let names = notes.paths
  let drafts = names.some(n => n contains "draft") | names.any(|n| n.starts_with("tmp"))
  let all = names.every(n => n.ends_with(".md"))
  let first = names.find(n => n.length() > 9)
  let longest = sorted(names, key=lambda n: (n.length(), n), reverse=true)
  let shortest = names.sort(n => n.length())
  let size = names.reduce((s, n) => s + n.length(), 0)
  let short = names.filter(n => n.length() < 9).map(n => n.upper())
  let parts = names.flatMap(n => n.split("/"))
  let empty = any(n == "" for n in names) and not all(n == "" for n in names if n != "x")
  let line = ", ".join(n.trim() for n in names)
  let other = ", ".join(names)
  let text = "{} of {}: {:.1f}".format(other, size, 2.5) + "%s%%" % size
  output found = "${drafts} ${all} ${first ?? ""} ${longest.length()} ${shortest.length()} ${short.join("")}"
  output more = "${parts.join("")} ${empty} ${line} ${text}"
}
