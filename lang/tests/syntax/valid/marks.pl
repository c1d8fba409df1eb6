catalogue mail {
  type Part = { trusted data name: string, stored bytes: int, data: string }

  tool send(
    to: [string],
    /// What is said.
    data secret body: string,
    exact account?: string = "own",
    data: { data text: string, exact: bool },
  ) -> trusted secret { trusted id: string, data stored note: string } {
    contacts to
  }
  tool ids() -> trusted [string] { pure }
  tool whole() -> stored Part { pure }
}
