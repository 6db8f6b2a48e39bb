// One question to the API and its answer. The operations are those of api/documents, so that a server that runs only
// known documents serves the screen too.
import { lang } from './texts';

/** The server cannot be reached, or cannot answer now: ask again later. */
export class Unreachable extends Error {}
/** The token is not good. */
export class Refused extends Error {}
/** It answered, and will answer the same again. */
export class Problem extends Error {}

const ENDPOINT = new URL('../graphql', window.location.href);
const PATIENCE = 15_000;

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export async function ask<T>(document: string, variables: object, token: string | null): Promise<T> {
  let response: Response;
  let answer: Answer<T>;
  try {
    response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        'accept-language': lang() === 'zh' ? 'zh-CN' : 'en',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    answer = (await response.json()) as Answer<T>;
  } catch (error) {
    throw new Unreachable(String(error));
  }
  const [error] = answer.errors ?? [];
  const code = error?.extensions?.code;
  if (response.status === 401 || code === 'UNAUTHENTICATED') throw new Refused(error?.message);
  if (response.status >= 500 || response.status === 429 || code === 'INTERNAL' || code === 'UNAVAILABLE') {
    throw new Unreachable(error?.message ?? String(response.status));
  }
  if (error || !answer.data) throw new Problem(error?.message ?? String(response.status));
  return answer.data;
}

export interface Indicator {
  code: string;
  name: string;
  nameEn: string;
  unit: string;
  decimals: number;
  kind: string;
  clause: string;
}

export interface Start {
  viewer: { businessDate: string; roles: { role: string; scope: string }[] };
  indicators: Indicator[];
}

export interface Figure {
  code: string;
  value: string | null;
  display: string;
  suppressed: boolean;
  /** Why there is no value. */
  reason: string | null;
  target?: string | null;
  yearOnYear?: string | null;
  /** The days of the year before with which it is compared. */
  comparedTo?: { from: string; to: string } | null;
}

export interface Point {
  period: { from: string };
  value: string | null;
  suppressed: boolean;
}

export interface Trend {
  code: string;
  series: Point[];
  /** The year in which the period ends. */
  year: { value: string | null; suppressed: boolean }[];
}

export interface Part {
  division: { code: string; name: string } | null;
  value: string | null;
  suppressed: boolean;
}

export interface PageAnswer {
  viewer: { businessDate: string };
  figures: { asOf: string; period: { from: string; to: string; label: string }; figures: Figure[] };
  trends: { figures: Trend[] };
  towns?: { figures: { code: string; breakdown: { nodes: Part[] } }[] };
}

export interface LiveAnswer {
  figureChanged: { asOf: string; figures: Figure[] };
}
