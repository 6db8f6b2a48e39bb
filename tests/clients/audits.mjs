// The GraphQL-over-HTTP audits of graphql-http: every MUST and every SHOULD holds.
import { serverAudits } from 'graphql-http';

const audits = serverAudits({ url: process.env.GRAPHQL_URL });
let failed = 0;
let passed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === 'ok') {
    passed += 1;
    continue;
  }
  // "warn" is a SHOULD that does not hold, "notice" a MAY.
  const fatal = result.status !== 'notice';
  failed += fatal ? 1 : 0;
  console.error(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
}
console.log(`${passed} of ${audits.length} audits passed`);
process.exit(failed === 0 && passed > 50 ? 0 : 1);
