"""Runs schemathesis against a service: contract.py URL KEY [FURTHER ARGUMENTS OF SCHEMATHESIS]"""

import os
import sys

from schemathesis.cli import schemathesis

url, key, *more = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
os.environ["CONTRACT_URL"], os.environ["CONTRACT_KEY"] = url, key
# The hooks are a module of this folder.
sys.path.insert(0, here)
os.environ["SCHEMATHESIS_HOOKS"] = "contract_hooks"
sys.argv = [
    "schemathesis",
    "--config-file",
    os.path.join(here, "schemathesis.toml"),
    "run",
    f"{url}/api/openapi.json",
    "--url",
    url,
    "--header",
    f"Authorization: Bearer {key}",
    *more,
]
schemathesis()
