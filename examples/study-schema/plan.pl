// A table that people keep becomes records that programs read. What a value may be is said once, in the types: a
// negative dose, or a group without males, stops the plan before anything is written.
type Study = {
  study: string(pattern: r"^TOX-\d{4}$"),
  title: string,
  species: "rat" | "mouse",
  start: date,
  days: int(min: 1, max: 365),
  animals: int(min: 1),
}

type Group = {
  id: string(pattern: r"^G\d+$"),
  role: "control" | "low" | "middle" | "high",
  dose: float(min: 0.0),
  males: int(min: 1),
  females: int(min: 1),
  first: int(min: 1),
  remark: string,
}

plan "Set up study TOX-2031 from its table of dose groups" {
  rationale "The programs for weighing and dosing read one record for each group, and an index."
  context """
    The table comes from the study director and stays as it is. Animals are numbered through within
    their group, males first.
    """

  assume "the study has not been set up yet" {
    fs.stat(path: "study").kind == "missing"
  }
  assume "The protocol is signed."

  critical {
    create "study/**"  "the records; nothing else changes"
  }

  step protocol = fs.read(path: "protocol.json")
  step table = fs.read(path: "groups.csv")

  // JSON has texts, the record a date; `as` looks at every field.
  let study = protocol.text.parse_json() as Study

  // `parse_csv` reads the cells, `as` says what else must be true of them.
  let parsed = table.text.parse_csv(
    """
      id from Group, role from Role, dose: float from Dose (mg/kg),
      males: int from Males, females: int from Females, first: int from First animal,
      remark from Remark
      """,
  )
  let groups = parsed as ([Group](min: 2))
  let animals = [group.males + group.females for group in groups].sum()

  step schema = fs.write(
    path: "study/schema.json",
    text: r"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "role", "dose", "males", "females", "first", "remark"],
        "additionalProperties": false,
        "properties": {
          "id": { "type": "string", "pattern": "^G\\d+$" },
          "role": { "enum": ["control", "low", "middle", "high"] },
          "dose": { "type": "number", "minimum": 0, "description": "mg/kg" },
          "males": { "type": "integer", "minimum": 1 },
          "females": { "type": "integer", "minimum": 1 },
          "first": { "type": "integer", "minimum": 1, "description": "number of the first animal" },
          "remark": { "type": "string" }
        }
      }
      """,
  ) {
    because "The programs refuse records that nothing describes."
  }

  each files = group in groups {
    step file = fs.write(
      path: "study/groups/${group.id}.json",
      text: "${group.to_json()}\n",
    )
    let link = "[${group.id}](groups/${file.path.name()})"
    let last = group.first + group.males + group.females - 1
    result {
      path: file.path,
      line: "| ${link} | ${group.role} | ${group.dose} | ${group.first} to ${last} |",
    }
  }

  let last_day = study.start + (study.days - 1) * 1d
  step index = fs.write(
    path: "study/index.md",
    text: """
      # ${study.study}: ${study.title}

      ${study.start} to ${last_day}, ${animals} animals in ${groups.length()} groups.

      | group | role | dose (mg/kg) | animals |
      | --- | --- | ---: | --- |
      ${[file.line for file in files].join("\n")}
      """,
  )

  verify "each group of the table has its file, and no file is there besides" {
    fs.glob(pattern: "study/groups/*.json").paths.sort() == [file.path for file in files].sort()
  }
  verify "the files hold the groups as they were read" {
    step records = fs.search(pattern: "^", files: "study/groups/*.json")
    [record.text for record in records.matches].sort()
        == [group.to_json() for group in groups].sort()
  }
  verify "the groups have as many animals as the protocol says" {
    animals == study.animals
  }

  output files = [file.path for file in files]
}
