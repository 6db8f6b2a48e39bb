// What breaks a client between two schemas: prints, a line each, what is gone or asks for more.
import { readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges } from 'graphql';

const [before, after] = process.argv.slice(2).map((file) => buildSchema(readFileSync(file, 'utf8')));
for (const { description } of findBreakingChanges(before, after)) console.log(description);
