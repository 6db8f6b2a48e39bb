// Apollo Client with automatic persisted queries: first the hash alone, then hash and text, afterwards the hash alone.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { document, url } from './common.mjs';

const sent = [];
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.from([
    new PersistedQueryLink({ sha256: (text) => createHash('sha256').update(text).digest('hex') }),
    new HttpLink({
      uri: url,
      fetch: (address, options) => {
        sent.push(JSON.parse(options.body));
        return fetch(address, options);
      },
    }),
  ]),
});
const query = gql(document('viewer'));
for (let turn = 0; turn < 2; turn += 1) {
  const { data } = await client.query({ query, fetchPolicy: 'no-cache' });
  assert.equal(data.viewer.account, null);
}
assert.deepEqual(sent.map((body) => 'query' in body), [false, true, false]);
assert.ok(sent.every((body) => body.extensions.persistedQuery.sha256Hash.length === 64));
console.log('Apollo Client: ok');
process.exit(0);
