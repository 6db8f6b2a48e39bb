// The client graphql-sse in its mode of distinct connections: a query, the change feed, a bad token.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { collect, document, runImport, token, url } from './common.mjs';

const connect = (headers) => createClient({ url, singleConnection: false, headers, retryAttempts: 0 });

const anonymous = connect({});
for await (const result of anonymous.iterate({ query: document('viewer') })) {
  assert.equal(result.data.viewer.account, null);
}
const drain = async (results) => {
  for await (const _ of results);
};
await assert.rejects(drain(anonymous.iterate({ query: '{ nothing }' })), (error) => error.response?.status === 400);
const stranger = connect({ authorization: 'Bearer nonsense' });
await assert.rejects(drain(stranger.iterate({ query: document('viewer') })), (error) => error.response?.status === 401);

const platform = connect({ authorization: `Bearer ${token}` });
const changes = [];
const following = (async () => {
  for await (const { data, errors } of platform.iterate({ query: document('follow-changes') })) {
    assert.equal(errors, undefined);
    changes.push(data.changes);
    if (collect(changes, 3)) return;
  }
})();
await new Promise((resolve) => setTimeout(resolve, 500));
await runImport();
await following;
assert.deepEqual(
  changes.filter((change) => change.aggregate === 'Division').map((change) => change.kind),
  ['CREATED', 'CREATED', 'CREATED'],
);

// EventSource can only GET.
const query = new URLSearchParams({ query: '{ viewer { businessDate } }' });
const response = await fetch(`${url}?${query}`, { headers: { accept: 'text/event-stream' } });
assert.match(response.headers.get('content-type'), /^text\/event-stream/);
const text = await response.text();
assert.match(text, /^event: next\ndata: \{.*\}\n\nevent: complete\ndata:\n\n$/);
console.log('graphql-sse: ok');
process.exit(0);
