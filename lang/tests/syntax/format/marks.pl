catalogue mail { tool send(to: string,   data   secret body: string, exact account?: string = "own")
   -> trusted   secret { trusted   id: string,data note:   string } { contacts to }
  tool much(data first: { exact one: string, data two: string }, secret second: { exact three: string }) -> stored { trusted id: string } { pure }
}
