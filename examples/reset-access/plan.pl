// Reads first, decides from what it has read, and changes only what applies. Everything is known in the dry run: the
// approver sees each group that the person leaves, and the plan is stale once one of the files has changed.
type Account = {
  user: string,
  name: string,
  kind: "employee" | "contractor",
  status: "active" | "locked",
  must_change_password: bool,
  second_factor: "app" | "key" | "none",
  tokens: [string],
  manager: string,
}
type Group = { group: string, owner: string, members: [string] }

plan "Reset the access of a person" {
  rationale "A laptop was lost: whoever has it must not get in, and its owner can work again today."

  input user: string(pattern: r"^[a-z]+\.[a-z]+$")
  input ticket: string(pattern: r"^SEC-\d+$")
  input day: date

  assume "the account is active" {
    (fs.read(path: "accounts/${user}.json").text.parse_json() as Account).status == "active"
  }
  assume "the runbook is the one that this plan follows" {
    fs.search(pattern: "^Version: 3$", files: "runbook.md").matches.length() == 1
  }
  assume "the person owns no group, which would have nobody to add them again" {
    fs.search(pattern: "\"owner\": \"${user}\"", files: "groups/*.json").matches.is_empty()
  }
  assume "The person has been called back on a known number."

  critical {
    modify "accounts/*.json"  "the account of this person only"
    modify "groups/*.json"    "only to leave"
    create "outbox/*.md"      "to the agency, where there is one"
    modify "access-log.md"
  }

  reuse "runbook.md" "says which groups are kept"

  // What there is.
  step record = fs.read(path: "accounts/${user}.json")
  step runbook = fs.read(path: "runbook.md")
  step files = fs.glob(pattern: "groups/*.json")
  each groups = path in files.paths {
    step file = fs.read(path: path)
    result { path: path, group: file.text.parse_json() as Group }
  }

  // What follows from it.
  let account = record.text.parse_json() as Account
  let kept = [
    line.strip_prefix("Kept groups: ").split(", ")
    for line in runbook.text.lines()
    if line.starts_with("Kept groups: ")
  ].first("the runbook does not say which groups are kept")
  let leaving = [
    item
    for item in groups
    if user in item.group.members and not (item.group.group in kept)
  ]
  let left = [item.group.group for item in leaving]

  step password = fs.edit(
    path: "accounts/${user}.json",
    edits: [{ find: "\"must_change_password\": false", replace: "\"must_change_password\": true" }],
  ) {
    because "Step 1 of the runbook."
    when not account.must_change_password
  }
  when not account.tokens.is_empty() {
    step tokens = fs.edit(
      path: "accounts/${user}.json",
      edits: [{ find: "\"tokens\": ${account.tokens.to_json()}", replace: "\"tokens\": []" }],
    ) {
      because "Step 1: a token works without the password."
    }
  }

  each exits = item in leaving {
    step exit = fs.edit(
      path: item.path,
      edits: [{
        find: "\"members\": ${item.group.members.to_json()}",
        replace: "\"members\": ${[member for member in item.group.members if member != user].to_json()}",
      }],
    )
  }

  when account.kind == "contractor" {
    step agency = fs.write(
      path: "outbox/${ticket}.md",
      text: "${account.name} has had their access reset on ${day}.\n",
    ) {
      because "Step 3 of the runbook."
    }
  }

  let which = if left.is_empty() then "no group" else left.join(", ")
  step log = fs.append(
    path: "access-log.md",
    text: "- ${day} ${ticket}: reset ${user}; left ${which}\n",
  )

  verify "the person is in no group but those that are kept" {
    [
      match.path.stem()
      for match in fs.search(pattern: "\"members\": .*\"${user}\"", files: "groups/*.json").matches
      if not (match.path.stem() in kept)
    ].is_empty()
  }
  verify "the account must change its password and has no token" {
    step after = fs.read(path: "accounts/${user}.json")
    let now = after.text.parse_json() as Account
    now.must_change_password and now.tokens.is_empty()
  }
  verify "everybody else is where they were" {
    step rosters = fs.search(pattern: "^  \"members\": ", files: "groups/*.json")
    let expected = [
      [member for member in item.group.members if member != user or item.group.group in kept]
      for item in groups
    ]
    [roster.text.trim() for roster in rosters.matches]
        == ["\"members\": ${members.to_json()}" for members in expected]
  }
  verify "The person has set a new password, and the owners have said who returns to which group."

  output left = left
}
