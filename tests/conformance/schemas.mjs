// Checks examples against JSON Schemas with the npm package `ajv`, in its strict mode, which also refuses unknown keywords and formats.
//
// The argument is a folder with `cases.json`: a list of objects with the file of a schema and bodies that it has to accept or to refuse. Prints
// how many bodies were checked. A wrong verdict ends the program with status 1.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(new URL('../../end2end/package.json', import.meta.url));
const Ajv = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;

const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
let checked = 0;
const wrong = [];
for (const { schema, valid, invalid } of read('cases.json')) {
  // A list of types (`["string", "null"]`) is how an optional field is written.
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(read(schema));
  for (const [verdict, bodies] of Object.entries({ valid, invalid })) {
    for (const { what, body } of bodies) {
      checked += 1;
      if (validate(body) !== (verdict === 'valid')) {
        wrong.push(`${schema}: ${what} should be ${verdict}: ${ajv.errorsText(validate.errors)}`);
      }
    }
  }
}
console.log(checked);
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exit(1);
}
