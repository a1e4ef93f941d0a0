"""report_schema.py SCHEMA REPORT... - hold reports against the schema.

The schema lets readers pass over members that they do not know; here each must be described.
"""
import json
import sys

import jsonschema


def strict(schema):
    """Nothing but what is described."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            strict(part)
    elif isinstance(schema, list):
        for part in schema:
            strict(part)
    return schema


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(strict(schema))
    failed = False
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            for problem in judge.iter_errors(json.load(file)):
                print("%s: %s: %s" % (name, problem.json_path, problem.message))
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
