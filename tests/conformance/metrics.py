"""Parses metrics from standard input with the parsers of the official Python client, and prints them as JSON.

The argument is the format: `openmetrics` or `text`.
"""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

text = sys.stdin.read()
parse = openmetrics_parser if sys.argv[1] == "openmetrics" else parser
families = {}
for family in parse.text_string_to_metric_families(text):
    assert family.name not in families, f"{family.name} occurs twice"
    assert family.documentation and family.documentation.endswith("."), f"{family.name} has no help text"
    families[family.name] = {
        "type": family.type,
        "unit": family.unit,
        "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
    }
print(json.dumps(families))
