"""Checks examples against JSON Schemas with the Python package `jsonschema`.

The argument is a folder with `cases.json`: a list of objects with the file of a schema and bodies that it has to accept or to refuse. Prints
how many bodies were checked. A wrong verdict ends the program with status 1.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator

folder = pathlib.Path(sys.argv[1])
checked, wrong = 0, []
for case in json.loads((folder / "cases.json").read_text("utf-8")):
    schema = json.loads((folder / case["schema"]).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for verdict in ("valid", "invalid"):
        for body in case[verdict]:
            checked += 1
            errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body["body"])]
            if bool(errors) == (verdict == "valid"):
                wrong.append(f"{case['schema']}: {body['what']} should be {verdict}: {errors}")
print(checked)
if wrong:
    sys.exit("\n".join(wrong))
