"""Whether a JSON schema takes what is right and refuses what is wrong: schema.py SCHEMA RECIPES."""

import json
import sys

from jsonschema import Draft7Validator

schema, recipes = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
Draft7Validator.check_schema(schema)
validator = Draft7Validator(schema)
failures = [
    f"refused: {recipe}: {error.message}" for recipe in recipes["right"] for error in validator.iter_errors(recipe)
]
failures += [f"taken: {recipe}" for recipe in recipes["wrong"] if validator.is_valid(recipe)]
sys.exit("\n".join(failures) or 0)
