// Figures as they change, over one WebSocket that is opened again for as long as the page stands.
import { createClient, type Client } from 'graphql-ws';
import document from '../../../documents/screen-live.graphql?raw';
import type { LiveAnswer } from './api';
import type { Session } from './session';

const SOCKET = new URL('../graphql/ws', window.location.href);
SOCKET.protocol = SOCKET.protocol.replace('http', 'ws');

/** Milliseconds between two tries: from the first to the longest, each with a random part, so that many screens do not
 *  come back at once. */
const FIRST = 500;
const LONGEST = 15_000;
const PING_EVERY = 10_000;
const PONG_WITHIN = 5_000;

export interface Listener {
  changed(answer: LiveAnswer['figureChanged']): void;
  /** Whether the connection stands. */
  connected(stands: boolean): void;
  /** The server does not take our token. */
  refused(): void;
}

export class Live {
  /** The connection over which the question went out. */
  private client: Client | null = null;
  private wake: (() => void) | null = null;
  private variables: object | null = null;
  /** Counts what was asked to be followed, so that a late answer for another place or time is dropped. */
  private asked = 0;

  constructor(
    private readonly session: Session,
    private readonly listener: Listener,
  ) {}

  /** Follows other figures from now on. */
  follow(variables: object): void {
    this.variables = variables;
    this.asked += 1;
    if (this.asked === 1) void this.run();
    void this.client?.dispose();
    this.wake?.();
  }

  private async run(): Promise<never> {
    let wait = FIRST;
    for (;;) {
      const asked = this.asked;
      try {
        if (await this.once(this.variables ?? {}, asked)) wait = FIRST;
      } catch {
        // A token could not be had: like a connection that could not.
      }
      this.client = null;
      if (this.asked !== asked) continue;
      this.listener.connected(false);
      await this.pause(wait * (0.5 + Math.random()));
      wait = Math.min(LONGEST, wait * 2);
    }
  }

  /** One connection, from its begin to its end; whether figures ever came. */
  private async once(variables: object, asked: number): Promise<boolean> {
    const token = await this.session.token();
    let stood = false;
    let late: number | undefined;
    const client = createClient({
      url: SOCKET.href,
      lazy: true,
      retryAttempts: 0,
      keepAlive: PING_EVERY,
      connectionParams: { authorization: `Bearer ${token}` },
      on: {
        // Let go of any sooner, the question would be sent into a socket that closes.
        connected: () =>
          window.setTimeout(() => {
            if (this.asked === asked) this.client = client;
            else void client.dispose();
          }),
        // A cable that was pulled says nothing: an answer that does not come is the only sign.
        ping: (received) => {
          if (!received) late = window.setTimeout(() => client.terminate(), PONG_WITHIN);
        },
        pong: (received) => {
          if (received) window.clearTimeout(late);
        },
        closed: (event) => {
          if ((event as CloseEvent).code === 4403) this.listener.refused();
        },
      },
    });
    try {
      for await (const { data } of client.iterate<LiveAnswer>({ query: document, variables: { ...variables } })) {
        if (!data || this.asked !== asked) continue;
        // The figures of now come at once: only then does it stand, since a question may be refused too.
        if (!stood) this.listener.connected(true);
        stood = true;
        this.listener.changed(data.figureChanged);
      }
    } catch {
      // How it ended does not matter: it is opened again.
    } finally {
      window.clearTimeout(late);
      void client.dispose();
    }
    return stood;
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = window.setTimeout(done, milliseconds);
      const self = this;
      function done() {
        window.clearTimeout(timer);
        self.wake = null;
        resolve();
      }
      this.wake = done;
    });
  }
}
