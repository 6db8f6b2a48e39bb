// The explorer: GraphiQL against the server it came from, with everything it loads in the program.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import { createClient } from 'graphql-ws';
import { createRoot } from 'react-dom/client';
import './graphiql.css';

const endpoint = new URL('../graphql', window.location.href);
const socket = new URL('../graphql/ws', window.location.href);
socket.protocol = socket.protocol.replace('http', 'ws');

// Headers typed into the explorer hold for its subscriptions too.
let headers: Record<string, unknown> = {};
const fetcher = createGraphiQLFetcher({
  url: endpoint.href,
  wsClient: createClient({ url: socket.href, lazy: true, connectionParams: () => headers }),
});

createRoot(document.getElementById('root')!).render(
  <GraphiQL
    fetcher={(parameters, options) => {
      headers = options?.headers ?? {};
      return fetcher(parameters, options);
    }}
    defaultQuery={'{\n  viewer {\n    account\n    businessDate\n  }\n}\n'}
    shouldPersistHeaders={false}
  />,
);
