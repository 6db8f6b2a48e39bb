// Whole months, quarters, halves and years: all that a screen may ask for.
import { pick } from './texts';

export interface Period {
  year: number;
  half?: 'H1' | 'H2';
  quarter?: number;
  month?: number;
}

/** The half-year in which a day lies. */
export function halfOf(date: string): Period {
  return { year: Number(date.slice(0, 4)), half: Number(date.slice(5, 7)) <= 6 ? 'H1' : 'H2' };
}

/** `2023`, `2023H1`, `2023Q2` or `2023-05`; null where it is none of these. */
export function parsePeriod(text: string): Period | null {
  const [, year, half, quarter, month] = /^(\d{4})(?:H([12])|Q([1-4])|-(0[1-9]|1[0-2]))?$/.exec(text) ?? [];
  if (!year) return null;
  if (half) return { year: Number(year), half: half === '1' ? 'H1' : 'H2' };
  if (quarter) return { year: Number(year), quarter: Number(quarter) };
  if (month) return { year: Number(year), month: Number(month) };
  return { year: Number(year) };
}

/** As `parsePeriod` reads it. */
export function periodCode({ year, half, quarter, month }: Period): string {
  if (half) return `${year}${half}`;
  if (quarter) return `${year}Q${quarter}`;
  return month ? `${year}-${String(month).padStart(2, '0')}` : String(year);
}

/** First and last month, counted from the year zero. */
export function months({ year, half, quarter, month }: Period): [number, number] {
  const first = year * 12;
  if (half) return half === 'H1' ? [first, first + 5] : [first + 6, first + 11];
  if (quarter) return [first + quarter * 3 - 3, first + quarter * 3 - 1];
  if (month) return [first + month - 1, first + month - 1];
  return [first, first + 11];
}

/** The period of the same length so many steps later. */
export function step(period: Period, by: number): Period {
  const [first, last] = months(period);
  return of(first + by * (last - first + 1), last - first + 1);
}

/** Month, quarter, half-year, year and month again, around the period's end or the business date. */
export function nextLength(period: Period, today: string): Period {
  const [first, last] = months(period);
  const now = Number(today.slice(0, 4)) * 12 + Number(today.slice(5, 7)) - 1;
  const lengths = [1, 3, 6, 12];
  const length = lengths[(lengths.indexOf(last - first + 1) + 1) % 4] ?? 6;
  const within = now >= first && now <= last ? now : last;
  return of(within - (within % length), length);
}

function of(first: number, length: number): Period {
  const year = Math.floor(first / 12);
  const month = first % 12;
  if (length === 1) return { year, month: month + 1 };
  if (length === 3) return { year, quarter: month / 3 + 1 };
  if (length === 6) return { year, half: month === 0 ? 'H1' : 'H2' };
  return { year };
}

export function periodName(period: Period): string {
  const { year, half, quarter, month } = period;
  if (half) return pick(`${year}年${half === 'H1' ? '上半年' : '下半年'}`, `${half} ${year}`);
  if (quarter) return pick(`${year}年第${'一二三四'[quarter - 1]}季度`, `Q${quarter} ${year}`);
  if (month) {
    const name = new Date(Date.UTC(year, month - 1, 1)).toLocaleDateString('en-GB', { month: 'long', timeZone: 'UTC' });
    return pick(`${year}年${month}月`, `${name} ${year}`);
  }
  return pick(`${year}年`, String(year));
}

/** How much of the period lies behind the business date, in percent. */
export function elapsed(from: string, to: string, today: string): number {
  const at = (date: string) => Date.parse(`${date}T00:00:00Z`) / 86_400_000;
  return Math.round(Math.min(1, Math.max(0, (at(today) - at(from) + 1) / (at(to) - at(from) + 1))) * 100);
}
