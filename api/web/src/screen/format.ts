// Numbers as a wall shows them. Values come as exact decimals in strings and never pass through a float: a sum of money
// that is rounded twice is a wrong sum.
import { lang, pick, unitName } from './texts';

export interface Shown {
  text: string;
  unit: string;
}

/** No data: never a zero. */
export const NONE = '—';
/** Nothing was ever reported of it: never a zero either. */
export const notReported = (): string => pick('暂未上报', 'not reported');
/** Hidden, since few persons stand behind it. */
export const HIDDEN = '＊';

/** A decimal as an integer and the number of its decimals. */
interface Exact {
  digits: bigint;
  decimals: number;
}

function exact(value: string): Exact {
  const [whole = '0', part = ''] = value.split('.');
  return { digits: BigInt(whole + part), decimals: part.length };
}

/** Divided by a power of ten and rounded half-up (away from zero) to so many decimals. */
function scaled({ digits, decimals }: Exact, power: number, kept: number): Exact {
  const drop = decimals + power - kept;
  if (drop <= 0) return { digits: digits * 10n ** BigInt(-drop), decimals: kept };
  const by = 10n ** BigInt(drop);
  const size = digits < 0n ? -digits : digits;
  const rounded = (size + by / 2n) / by;
  return { digits: digits < 0n ? -rounded : rounded, decimals: kept };
}

/** A decimal with thousands separators. */
export const written = (value: string): string => grouped(exact(value));

function grouped({ digits, decimals }: Exact): string {
  const size = (digits < 0n ? -digits : digits).toString().padStart(decimals + 1, '0');
  const whole = size.slice(0, size.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  const part = decimals > 0 ? `.${size.slice(size.length - decimals)}` : '';
  return (digits < 0n ? '−' : '') + whole + part;
}

/** At least this large, whatever its sign. */
const reaches = ({ digits, decimals }: Exact, power: number): boolean =>
  (digits < 0n ? -digits : digits) >= 10n ** BigInt(decimals + power);

/** A value with its unit: 万 and 亿 from 1e4 and 1e8 in Chinese, million and billion in English. */
export function shown(value: string, unit: string): Shown {
  const number = exact(value);
  if (lang() === 'en') {
    // 万元 is no unit of English: the same money in yuan.
    const power = unit === '万元' ? 4 : 0;
    const yuan = power > 0 ? { digits: number.digits * 10n ** BigInt(power), decimals: number.decimals } : number;
    const name = unitName(unit);
    for (const [size, letter] of [[9, 'B'], [6, 'M']] as const) {
      if (reaches(yuan, size)) return { text: grouped(scaled(yuan, size, 2)) + letter, unit: name };
    }
    const whole = name === 'yuan' && reaches(yuan, 4);
    return { text: grouped(whole ? scaled(yuan, 0, 0) : yuan), unit: name };
  }
  if (unit === '万元') {
    return reaches(number, 4)
      ? { text: grouped(scaled(number, 4, 2)), unit: '亿元' }
      : { text: grouped(number), unit };
  }
  if (reaches(number, 8)) return { text: grouped(scaled(number, 8, 2)), unit: `亿${unit}` };
  if (reaches(number, 4)) return { text: grouped(scaled(number, 4, 2)), unit: `万${unit}` };
  return { text: grouped(number), unit };
}

/** One less the other, exactly. */
export function less(left: string, right: string): string {
  const [a, b] = [exact(left), exact(right)];
  const decimals = Math.max(a.decimals, b.decimals);
  const digits = scaled(a, 0, decimals).digits - scaled(b, 0, decimals).digits;
  return grouped({ digits, decimals }).replaceAll(',', '').replace('−', '-');
}

/** −1, 0 or 1. */
export const sign = (value: string): number => (/[1-9]/.test(value) ? (value.startsWith('-') ? -1 : 1) : 0);

/** Only for lengths of bars and shades of colours, never for text. */
export const size = (value: string | null | undefined): number => (value == null ? 0 : Number(value));

const zone = { timeZone: 'Asia/Shanghai' } as const;

/** 14:32:05, where the district is. */
export const clock = (at: Date, seconds: boolean): string =>
  at.toLocaleTimeString('zh-CN', { ...zone, hour12: false, hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) });

/** 2023年6月30日 星期五 */
export function day(date: string): string {
  // A civil date is the same day everywhere: read and written in one zone.
  return new Date(`${date}T00:00:00Z`).toLocaleDateString(pick('zh-CN', 'en-GB'), {
    timeZone: 'UTC',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'long',
  });
}

/** 12 秒前 */
export function ago(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return pick(`${s} 秒前`, `${s} s ago`);
  if (s < 3600) return pick(`${Math.floor(s / 60)} 分钟前`, `${Math.floor(s / 60)} min ago`);
  if (s < 86_400) return pick(`${Math.floor(s / 3600)} 小时前`, `${Math.floor(s / 3600)} h ago`);
  return pick(`${Math.floor(s / 86_400)} 天前`, `${Math.floor(s / 86_400)} d ago`);
}
