import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One of the documents that the clients of the project use. */
export const document = (name) =>
  readFileSync(new URL(`../../api/documents/${name}.graphql`, import.meta.url), 'utf8');

/** Runs the import that the test was given, as another process beside the server. */
export function runImport() {
  const [program, ...rest] = JSON.parse(process.env.IMPORT_COMMAND);
  return new Promise((resolve, reject) => {
    spawn(program, rest, { stdio: 'ignore' }).on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the import ended with ${code}`)),
    );
  });
}

export const url = process.env.GRAPHQL_URL;
export const token = process.env.TOKEN;

/** Resolves with the changes of the imported division when they came. */
export function collect(changes, count) {
  const divisions = changes.filter((change) => change.aggregate === 'Division');
  return divisions.length >= count;
}

// A liveness limit: nothing here takes so long.
setTimeout(() => {
  console.error('the test did not end');
  process.exit(1);
}, Number(process.env.DEADLINE ?? 60_000)).unref();
