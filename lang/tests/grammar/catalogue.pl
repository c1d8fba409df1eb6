/// A ticket system, as it could be behind an MCP server.
catalogue tickets {
  type Priority = "low" | "normal" | "high"

  /// A ticket by its number.
  tool get(id: int) -> { trusted id: int, stored title: string, stored priority: Priority } {
    reads "tickets:all"
  }

  /// Open a ticket.
  tool open(
    title: string,
    priority: Priority = "normal",
    kind: "bug" | "task",
    labels: [string] = [],
    watchers: [{ name: string, role?: "owner" | "reader" }] = [],
    note?: string,
  ) -> { trusted id: int } {
    writes "tickets:all"
  }

  /// Close a ticket.
  tool close(id: int, reason?: "done" | "duplicate") -> { trusted id: int } {
    writes "tickets:all"
  }
}
