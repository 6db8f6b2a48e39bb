// What apps are built with: the Relay compiler and a TypeScript code generator take the schema and the project's
// documents, and everything they make compiles under `tsc --strict`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const bin = (name) => join(here, 'node_modules/.bin', name);
// Inside node_modules, so that what is generated finds its imports and git ignores it.
mkdirSync(join(here, 'node_modules/.generated'), { recursive: true });
const folder = mkdtempSync(join(here, 'node_modules/.generated/run-'));
const run = (program, args, options) =>
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', cwd: folder, ...options });

try {
  const documents = readdirSync(join(root, 'api/documents')).filter((name) => name.endsWith('.graphql'));
  assert.ok(documents.length > 0);

  run(bin('graphql-codegen'), ['--config', join(here, 'codegen.config.cjs')], {
    cwd: here,
    env: { ...process.env, GENERATED: folder },
  });

  // Relay wants each operation in a module, named after it and its kind.
  const source = join(folder, 'src');
  mkdirSync(source);
  mkdirSync(join(folder, 'artifacts'));
  for (const name of documents) {
    const text = readFileSync(join(root, 'api/documents', name), 'utf8');
    const [, kind, operation] = /^(query|mutation|subscription) (\w+)/m.exec(text);
    const suffix = kind[0].toUpperCase() + kind.slice(1);
    const renamed = text.replace(`${kind} ${operation}`, `${kind} ${operation}${suffix}`);
    writeFileSync(
      join(source, `${operation}.ts`),
      `import { graphql } from 'relay-runtime';\nexport const document = graphql\`\n${renamed}\`;\n`,
    );
  }
  copyFileSync(join(root, 'schema.graphql'), join(folder, 'schema.graphql'));
  writeFileSync(
    join(folder, 'relay.config.json'),
    JSON.stringify({
      src: './src',
      schema: './schema.graphql',
      language: 'typescript',
      artifactDirectory: './artifacts',
      eagerEsModules: true,
      excludes: ['**/artifacts/**'],
      customScalarTypes: Object.fromEntries(
        ['Date', 'DateTime', 'Decimal', 'DivisionCode', 'Long', 'Money'].map((name) => [name, 'string']),
      ),
    }),
  );
  run(bin('relay-compiler'), ['relay.config.json']);
  const artifacts = readdirSync(join(folder, 'artifacts'));
  assert.equal(artifacts.filter((name) => name.endsWith('.graphql.ts')).length, documents.length);

  copyFileSync(join(here, 'use-types.ts'), join(folder, 'use-types.ts'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: false,
        noEmit: true,
        skipLibCheck: true,
        module: 'ESNext',
        moduleResolution: 'bundler',
        target: 'ES2022',
        types: [],
      },
      include: ['*.ts', 'src/*.ts', 'artifacts/*.ts'],
    }),
  );
  run(bin('tsc'), ['--project', 'tsconfig.json']);
  console.log(`Relay, code generator, tsc --strict: ok, ${documents.length} documents`);
} catch (error) {
  console.error(error.stdout ?? '', error.stderr ?? '', error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
