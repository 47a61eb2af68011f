// Validates values against schemas with Ajv: a validator that shares no code with the service. The argument is a JSON file with a list of
// `{schema, right: […], wrong: […]}`. Prints how many schemas there were; the first difference ends with an error.
import { readFileSync } from 'node:fs';

import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const cases = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { schema, right, wrong } of cases) {
  const ajv = new Ajv2020.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  for (const [values, expected] of [[right, true], [wrong, false]]) {
    for (const value of values) {
      if (validate(value) !== expected) {
        throw new Error(`${JSON.stringify(value)} should be ${expected ? 'accepted' : 'refused'} by ${JSON.stringify(schema)}: ${ajv.errorsText(validate.errors)}`);
      }
    }
  }
}
console.log(`${cases.length} schemas`);
