// What the wall knows: the catalogue, the figures of the place and time shown, and what changed lately. It grows no
// further than the catalogue and a handful of changes, however long it stands.
import type { Figure, Indicator, PageAnswer, Part, Point, Trend } from './api';
import { less, sign } from './format';

/** A figure that became another one. */
export interface Change {
  code: string;
  at: Date;
  value: string;
  by: string;
}

const CHANGES = 12;

/** A value as it is shown: none, hidden, or a number. */
export interface Value {
  value: string | null;
  suppressed: boolean;
  reason?: string | null;
}

export class Store {
  readonly catalogue = new Map<string, Indicator>();
  readonly figures = new Map<string, Figure>();
  readonly trends = new Map<string, Trend>();
  towns: Part[] = [];
  readonly changes: Change[] = [];
  today = '';
  period = { from: '', to: '' };
  asOf: Date | null = null;

  learn(indicators: Indicator[]): void {
    this.catalogue.clear();
    for (const indicator of indicators) this.catalogue.set(indicator.code, indicator);
  }

  /** Those of the catalogue, in its order, that are one of these codes or a part of one: `D73` finds `D73.REHAB`. */
  known(codes: Iterable<string>): string[] {
    const wanted = new Set(codes);
    return [...this.catalogue.keys()].filter((code) => wanted.has(code) || wanted.has(code.split('.')[0] ?? code));
  }

  /** A figure itself, or its parts where it has no number of its own. */
  parts(code: string): string[] {
    return this.catalogue.has(code) ? [code] : this.known([code]);
  }

  /** Another place or time: nothing known holds there. */
  forget(): void {
    this.figures.clear();
    this.trends.clear();
    this.changes.length = 0;
    this.asOf = null;
  }

  /** Another figure for the towns: of it nothing is known yet. */
  clearTowns(): void {
    this.towns = this.towns.map((part) => ({ ...part, value: null, suppressed: false }));
  }

  take(answer: PageAnswer): void {
    this.today = answer.viewer.businessDate;
    this.period = answer.figures.period;
    this.asOf = new Date(answer.figures.asOf);
    this.note(answer.figures.figures);
    for (const trend of answer.trends.figures) this.trends.set(trend.code, trend);
    this.towns = answer.towns?.figures[0]?.breakdown.nodes ?? [];
  }

  /** Takes figures in, and says which of those known before have changed. */
  note(figures: Figure[], asOf?: string): string[] {
    const at = asOf ? new Date(asOf) : (this.asOf ?? new Date());
    this.asOf = at;
    const changed: string[] = [];
    for (const figure of figures) {
      const known = this.figures.get(figure.code);
      if (known && (known.value !== figure.value || known.suppressed !== figure.suppressed)) {
        changed.push(figure.code);
        if (known.value !== null && figure.value !== null) {
          this.changes.unshift({ code: figure.code, at, value: figure.value, by: less(figure.value, known.value) });
        }
      }
      this.figures.set(figure.code, { ...known, ...figure });
    }
    this.changes.length = Math.min(this.changes.length, CHANGES);
    return changed;
  }

  /** The months of a figure that have begun, oldest first. */
  months(code: string): Point[] {
    const now = this.today.slice(0, 7);
    return (this.trends.get(code)?.series ?? []).filter((point) => point.period.from.slice(0, 7) <= now);
  }

  /** A figure in the last month shown, or in its year: both as the API counts them, since rounded months do not add
   *  up to a year. */
  within(code: string, span: 'month' | 'year'): Value {
    const found = span === 'month' ? this.months(code).at(-1) : this.trends.get(code)?.year[0];
    return { value: null, suppressed: false, ...found, reason: this.figures.get(code)?.reason ?? null };
  }

  /** Towns, the largest first; those without a number last. */
  ranked(): Part[] {
    const order = (part: Part) => (part.value === null ? null : part.value);
    return this.towns
      .filter((part) => part.division !== null)
      .sort((a, b) => {
        const [left, right] = [order(a), order(b)];
        if (left === null || right === null) return Number(left === null) - Number(right === null);
        return sign(less(right, left)) || code(a).localeCompare(code(b));
      });
  }
}

const code = (part: Part): string => part.division?.code ?? '';
