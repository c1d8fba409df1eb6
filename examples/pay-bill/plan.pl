// What a mail says is nobody's order: the type says what can come out of it at all, and a person answers for the rest.
type Bill = {
  number: string(pattern: r"^R-[0-9]{1,9}$"),
  iban: string(pattern: r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$"),
  amount: float(min: 0.01, max: 2000.0),
}

plan "Pay the bill of Muster Druck" {
  rationale "500 programmes were delivered on 4 May, and the bill is due on 25 May."

  assume "the mail is from who we have ordered from" {
    fs.search(
      pattern: "^From: Muster Druck <rechnung@muster-druck\\.example>$",
      files: "mail/2026-05-11.txt",
    ).matches.length()
        == 1
  }
  assume "The programmes have arrived, all 500 of them."

  critical {
    read   "mail/*.txt"
    modify "bank/ledger.csv"  "the new transfer"
    run    "sh bank/bank.sh"
  }

  step mail = fs.read(path: "mail/2026-05-11.txt")

  step bill = model.extract(
    from: mail.text,
    ask: "The number, the amount in EUR and the IBAN of the bill.",
    type: Bill,
  ) {
    because "No reference could name them: they stand in the middle of a text."
  }

  let iban = endorse(bill.iban, "the account that the bill itself names")
  let amount = endorse(bill.amount, "what the bill asks for")
  let number = endorse(bill.number, "the reference that the bill asks for")

  step paid = process.run(argv: ["sh", "bank/bank.sh", "transfer", iban, "${amount}", number]) {
    because "Due on 25 May."
    expect paid.stdout.contains(number)
    undo process.run(argv: ["sh", "bank/bank.sh", "cancel", number])
  }

  verify "the ledger has this transfer once" {
    fs.search(pattern: ",R-20417$", files: "bank/ledger.csv").matches.length() == 1
  }

  output receipt = paid.stdout
}
