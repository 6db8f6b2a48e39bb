// The screen's session: begun with the token of the address, renewed for weeks. Only the refresh token is kept in the
// browser; it is good once, so a lost answer must not cost the session.
import renew from '../../../documents/screen-renew.graphql?raw';
import begin from '../../../documents/screen-session.graphql?raw';
import { ask, Problem, Refused, Unreachable } from './api';
import { pair } from './pair';

export interface Tokens {
  accessToken: string | null;
  refreshToken: string | null;
  expiresIn: number | null;
  userErrors: { code: string; message: string }[];
}

interface Kept {
  refresh: string;
  /** The end of the token that the session was begun with: the same address opened again goes on with it. */
  from: string;
}

const KEPT = 'minzheng.screen.session';

function read(): Kept | null {
  try {
    const kept = JSON.parse(window.localStorage.getItem(KEPT) ?? 'null') as Kept | null;
    return kept && typeof kept.refresh === 'string' ? kept : null;
  } catch {
    return null;
  }
}

function write(kept: Kept | null): void {
  try {
    if (kept) window.localStorage.setItem(KEPT, JSON.stringify(kept));
    else window.localStorage.removeItem(KEPT);
  } catch {
    // storage is switched off: the session then lives as long as the page
  }
}

export class Session {
  private access = '';
  private expires = 0;
  private renewAt = 0;
  private kept: Kept | null = read();
  /** A renewal went out and no answer came: its refresh token may be spent. */
  private doubtful = false;
  private running: Promise<string> | null = null;
  private pairing: Promise<void> | null = null;

  constructor(private given: string | null) {}

  /** A token that is good for a while, renewed first where it is due. One renewal at a time. */
  async token(): Promise<string> {
    if (Date.now() < this.renewAt) return this.access;
    this.running ??= this.next().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** The server did not take the token: it is not used again. */
  refused(): void {
    this.renewAt = 0;
    this.expires = 0;
  }

  /** Asks with its token; once more with a new one where that is not taken. */
  async ask<T>(document: string, variables: object): Promise<T> {
    const token = await this.token();
    try {
      return await ask<T>(document, variables, token);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refused();
      return ask<T>(document, variables, await this.token());
    }
  }

  /** Shows a code, until somebody has confirmed it: then there is a session. */
  pair(show: (code: string) => void): Promise<void> {
    this.pairing ??= pair(show).then((tokens) => {
      this.given = null;
      this.pairing = null;
      this.take(tokens, '');
    });
    return this.pairing;
  }

  private async next(): Promise<string> {
    const from = this.given?.slice(-24) ?? null;
    // Another page of this browser may have renewed meanwhile.
    this.kept = read() ?? this.kept;
    if (this.given !== null && this.kept?.from !== from) {
      try {
        return await this.begin(this.given, from ?? '');
      } catch (error) {
        // An old address in a kiosk's start-up: the session that was made from a later one still holds.
        if (error instanceof Unreachable || !this.kept) throw error;
        this.given = null;
      }
    }
    if (this.doubtful && Date.now() < this.expires) {
      // A used refresh token, seen again, ends the session; a second session beside it harms nobody.
      return this.begin(this.access, this.kept?.from ?? '');
    }
    if (!this.kept) throw new Refused();
    const sent = this.kept;
    this.doubtful = true;
    try {
      const { refreshToken } = await ask<{ refreshToken: Tokens }>(renew, { refreshToken: sent.refresh }, null);
      return this.take(refreshToken, sent.from);
    } catch (error) {
      if (error instanceof Refused) {
        const other = read();
        if (other && other.refresh !== sent.refresh) return this.next();
        this.kept = null;
        write(null);
        if (this.given !== null) return this.begin(this.given, from ?? '');
      }
      throw error;
    }
  }

  private async begin(token: string, from: string): Promise<string> {
    const { startScreenSession } = await ask<{ startScreenSession: Tokens }>(begin, {}, token);
    return this.take(startScreenSession, from);
  }

  private take({ accessToken, refreshToken, expiresIn, userErrors }: Tokens, from: string): string {
    if (!accessToken || !refreshToken) {
      const [error] = userErrors;
      if (error?.code === 'BAD_CREDENTIALS') throw new Refused(error.message);
      throw new Problem(error?.message);
    }
    const life = (expiresIn ?? 60) * 1000;
    this.access = accessToken;
    this.expires = Date.now() + life;
    this.renewAt = Date.now() + life * 0.6;
    this.doubtful = false;
    this.kept = { refresh: refreshToken, from };
    write(this.kept);
    return accessToken;
  }
}
