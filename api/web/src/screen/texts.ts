// Words of the wall, in Chinese and English.

export type Lang = 'zh' | 'en';

let current: Lang = 'zh';

export function speak(lang: Lang): void {
  current = lang;
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
}

export const lang = (): Lang => current;

/** The Chinese or the English of two. */
export const pick = (zh: string, en: string): string => (current === 'zh' ? zh : en);

/** Units for readers of English: money is told in yuan, and what is counted stands in the name. */
const UNITS: Record<string, string> = {
  元: 'yuan',
  万元: 'yuan',
  小时: 'h',
  天: 'days',
  日: 'days',
  月: 'months',
  个月: 'months',
  工作日: 'working days',
  '%': '%',
  '‰': '‰',
};

export const unitName = (unit: string): string => (current === 'zh' ? unit : (UNITS[unit] ?? ''));
