// Settings stand in the fragment, which never leaves the browser: `#lang=en&rotate=20&size=large`. What is changed at
// the wall itself by key is kept in the browser, so that a screen comes back after a power cut as it was left.
import { parsePeriod, periodCode, type Period } from './period';
import type { Lang } from './texts';

export interface Settings {
  lang: Lang;
  /** Seconds for which a page stands. */
  rotate: number;
  paused: boolean;
  /** Type for readers far away: six metres from a panel of 75 inches. */
  large: boolean;
  /** Name of the page to begin with. */
  page: string | null;
  /** Frozen at this period; null: the half-year of the business date. */
  at: Period | null;
  /** Nine digits of the town to begin with. */
  town: string | null;
  /** The figure by which towns are ranked. */
  by: string | null;
}

const KEPT = 'minzheng.screen.settings';

/** Reads the settings and takes the token out of the address. */
export function settings(): { settings: Settings; token: string | null } {
  const given = new URLSearchParams(window.location.hash.slice(1));
  const token = given.get('token');
  given.delete('token');
  if (token !== null) {
    const rest = given.toString();
    const { pathname, search } = window.location;
    window.history.replaceState(null, '', pathname + search + (rest ? `#${rest}` : ''));
  }
  const kept = new URLSearchParams(read());
  const find = (name: string) => given.get(name) ?? kept.get(name);
  const rotate = Number(find('rotate') ?? 30);
  return {
    token,
    settings: {
      lang: find('lang') === 'en' ? 'en' : 'zh',
      rotate: Number.isFinite(rotate) && rotate >= 5 ? rotate : 30,
      paused: find('pause') === '1' || rotate === 0,
      large: find('size') === 'large',
      page: find('page'),
      at: parsePeriod(find('at') ?? ''),
      town: /^\d{9}$/.exec(find('town') ?? '')?.[0] ?? null,
      by: find('by'),
    },
  };
}

function read(): string {
  try {
    return window.localStorage.getItem(KEPT) ?? '';
  } catch {
    return ''; // storage may be switched off
  }
}

/** Keeps what was chosen at the wall. Page, town and figure are not kept: they pass. */
export function keep({ lang, rotate, paused, at }: Settings): void {
  const kept = new URLSearchParams({ lang, rotate: String(rotate), pause: paused ? '1' : '0' });
  if (at) kept.set('at', periodCode(at));
  try {
    window.localStorage.setItem(KEPT, kept.toString());
  } catch {
    // then it is not kept
  }
}
