// The top of the wall: the district or town, the period, the pages, the day, and how old the data are.
import { h, say } from '../dom';
import { ago, clock, day } from '../format';
import { elapsed, periodName, type Period } from '../period';
import type { Store } from '../store';
import { pick } from '../texts';

/** Seconds after which data count as old. */
const STALE = 120;

export interface HeaderState {
  place: string;
  inTown: boolean;
  period: Period;
  frozen: boolean;
  page: number;
  paused: boolean;
  /** Which of the page's sheets, from 0, and how many there are. */
  sheet: number;
  sheets: number;
  /** Null while it stands; else since when the connection is broken. */
  brokenSince: number | null;
  /** When the last answer came. */
  answered: number | null;
}

export interface HeaderActs {
  page(index: number): void;
  step(by: number): void;
  live(): void;
  back(): void;
}

export function header(store: Store, pages: string[], acts: HeaderActs): { element: HTMLElement; update(state: HeaderState): void; fit(): void } {
  const place = h('span.place');
  const back = h('button.back', { type: 'button' }, pick('‹ 返回全区', '‹ District'));
  const period = h('span.period');
  const frozen = h('button.frozen', { type: 'button', title: pick('回到当前（0）', 'back to now (0)') }, pick('定格', 'Frozen'));
  const share = h('span.share-of-time');
  const tabs = pages.map((name, index) => {
    const tab = h('button.tab', { type: 'button' }, name);
    tab.addEventListener('click', () => acts.page(index));
    return tab;
  });
  const paused = h('span.paused', {}, pick('暂停翻页', 'paused'));
  const date = h('span.date');
  const time = h('span.time');
  const age = h('span.age');
  const [earlier, later] = [-1, 1].map((by) => {
    const button = h('button.step', { type: 'button' }, by < 0 ? '‹' : '›');
    button.addEventListener('click', () => acts.step(by));
    return button;
  });
  back.addEventListener('click', () => acts.back());
  frozen.addEventListener('click', () => acts.live());
  const element = h(
    'header.top',
    {},
    h('div.where', {}, h('h1', {}, place), back),
    h('div.when', {}, earlier ?? null, period, later ?? null, frozen, share),
    h('nav.tabs', {}, ...tabs, paused),
    h('div.now', {}, h('div.now-day', {}, date, time), age),
  );
  return {
    element,
    update(state) {
      say(place, state.place);
      back.hidden = !state.inTown;
      say(period, periodName(state.period));
      frozen.hidden = !state.frozen;
      const { from, to } = store.period;
      const percent = from && store.today ? elapsed(from, to, store.today) : 100;
      share.hidden = percent >= 100;
      say(share, pick(`时间进度 ${percent}%`, `${percent}% elapsed`));
      tabs.forEach((tab, index) => {
        const current = index === state.page;
        tab.classList.toggle('current', current);
        say(tab, (pages[index] ?? '') + (current && state.sheets > 1 ? ` ${state.sheet + 1}/${state.sheets}` : ''));
      });
      paused.hidden = !state.paused;
      say(date, store.today ? day(store.today) : '');
      say(time, clock(new Date(), false));
      const seconds = state.answered === null ? null : (performance.now() - state.answered) / 1000;
      const data = store.asOf && seconds !== null ? pick(`数据 ${clock(store.asOf, true)} · ${ago(seconds)}`, `Data ${clock(store.asOf, true)} · ${ago(seconds)}`) : '';
      const broken = state.brokenSince !== null;
      say(age, broken ? `${pick('连接中断', 'Connection lost')} · ${data}` : data);
      age.classList.toggle('stale', broken || (seconds ?? 0) > STALE);
      age.classList.toggle('broken', broken);
    },
    fit() {
      // First the pages that are not shown leave, then what is to be clicked, and the gaps; last all is drawn a little
      // smaller.
      const cut = () => element.scrollWidth > element.clientWidth + 1;
      element.classList.remove('tight', 'tighter');
      element.style.removeProperty('--fit');
      if (cut()) element.classList.add('tight');
      if (cut()) element.classList.add('tighter');
      for (let share = 0.96; cut() && share > 0.5; share -= 0.04) element.style.setProperty('--fit', String(share));
    },
  };
}
