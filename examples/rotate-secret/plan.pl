// Both keys are inputs that nobody is shown: not on the card, not in the report, the journal or what a program says. They
// reach a program on its standard input, never as arguments, which other processes can see.
plan "Rotate the key of the billing service" {
  rationale "The old key was in a chat. The service takes the new one at its next restart."

  input old: string(min: 16) secret
  input new: string(min: 16) secret

  assume "the service is the one that this plan knows" {
    fs.stat(path: "service/auth.env").kind == "file"
        and fs.stat(path: "vault/billing").kind == "file"
  }
  assume "The service restarts at three o'clock."

  critical {
    run    "sh vault/vault.sh"  "puts and compares, and prints no key"
    modify "vault/billing"      "where the vault keeps the key"
    modify "service/auth.env"   "the only file that the service reads"
  }

  step stored = process.run(
    argv: ["sh", "vault/vault.sh", "swap", "billing"],
    stdin: "${old}\n${new}",
  ) {
    because "It fails where the vault has another key than the old one."
    undo process.run(argv: ["sh", "vault/vault.sh", "swap", "billing"], stdin: "${new}\n${old}")
  }

  let line = reveal(
    "BILLING_KEY=${new}\n",
    "the service reads its key from this file, which nobody else may read",
  )
  step auth = fs.write(path: "service/auth.env", text: line)

  verify "the vault and the service have the new key" {
    step vault = process.run(argv: ["sh", "vault/vault.sh", "same", "billing"], stdin: new)
    step service = process.run(
      argv: ["sh", "vault/vault.sh", "serves", "service/auth.env"],
      stdin: new,
    )
    vault.exit_code == 0 and service.exit_code == 0
  }
  verify "The provider no longer takes the old key."
}
