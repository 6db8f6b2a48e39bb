// The client graphql-ws: a query, the change feed receiving an import of another process, closing on a bad token.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { collect, document, runImport, token, url } from './common.mjs';

const socketUrl = `${url.replace('http', 'ws')}/ws`;
const connect = (connectionParams, more = {}) =>
  createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, lazy: false, onNonLazyError() {}, ...more });
const ask = async (client, request) => {
  for await (const result of client.iterate(request)) return result;
};

// Anonymous: a query, a refused document, a subscription that is not for everybody.
const anonymous = connect();
const viewer = await ask(anonymous, { query: document('viewer') });
assert.equal(viewer.data.viewer.account, null);
assert.ok(viewer.extensions.cost.requested > 0);
await assert.rejects(ask(anonymous, { query: '{ nothing }' }), (errors) => errors[0].extensions.code === 'VALIDATION');
await assert.rejects(ask(anonymous, { query: '{' }), (errors) => errors[0].extensions.code === 'VALIDATION');
const refused = await ask(anonymous, { query: document('follow-changes') });
assert.equal(refused.errors[0].extensions.code, 'UNAUTHENTICATED');
await anonymous.dispose();

// A token that is none.
const closed = new Promise((resolve) => connect({ authorization: 'Bearer nonsense' }, { on: { closed: resolve } }));
assert.equal((await closed).code, 4403);

// The platform follows the changes; the import is made by another process.
const platform = connect({ Authorization: `Bearer ${token}` });
const changes = [];
const following = (async () => {
  for await (const { data, errors } of platform.iterate({ query: document('follow-changes') })) {
    assert.equal(errors, undefined);
    changes.push(data.changes);
    if (collect(changes, 3)) return;
  }
})();
// The subscription stands when a query after it is answered.
await ask(platform, { query: document('viewer') });
await new Promise((resolve) => setTimeout(resolve, 300));
await runImport();
await following;
const divisions = changes.filter((change) => change.aggregate === 'Division');
assert.deepEqual(divisions.map((change) => change.kind), ['CREATED', 'CREATED', 'CREATED']);
assert.ok(divisions.every((change) => change.division.startsWith('430199')));

// From a cursor on: exactly what came after it.
const after = divisions[0].cursor;
const again = [];
for await (const { data } of platform.iterate({ query: document('follow-changes'), variables: { after } })) {
  again.push(data.changes);
  if (collect(again, 2)) break;
}
assert.deepEqual(again.slice(0, 2), divisions.slice(1));
await platform.dispose();
console.log('graphql-ws: ok');
process.exit(0);
