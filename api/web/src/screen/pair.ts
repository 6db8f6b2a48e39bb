// A wall without a session shows a code, and keeps to itself the secret that the code was made from. Once an officer has
// confirmed the code, the secret fetches the session.
import create from '../../../documents/screen-code.graphql?raw';
import redeem from '../../../documents/screen-redeem.graphql?raw';
import { ask } from './api';
import type { Tokens } from './session';

/** Milliseconds between two questions whether the code was confirmed. */
const EVERY = 3_000;

interface Code {
  code: string;
  secret: string;
  expiresIn: number;
}

const pause = (): Promise<void> => new Promise((resolve) => window.setTimeout(resolve, EVERY));

/** The tokens of a session, after as many codes as it takes. */
export async function pair(show: (code: string) => void): Promise<Tokens> {
  for (;;) {
    try {
      const { createScreenCode } = await ask<{ createScreenCode: Code }>(create, {}, null);
      const { code, secret, expiresIn } = createScreenCode;
      show(code.replace(/^(.{5})/, '$1-'));
      for (const end = performance.now() + expiresIn * 1000 - EVERY; performance.now() < end; ) {
        await pause();
        const { redeemScreenCode } = await ask<{ redeemScreenCode: Tokens }>(redeem, { secret }, null);
        if (redeemScreenCode.accessToken !== null) return redeemScreenCode;
        if (redeemScreenCode.userErrors.length > 0) break;
      }
    } catch {
      // The server is away: it is asked again.
      await pause();
    }
  }
}
