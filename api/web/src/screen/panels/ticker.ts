// What changed lately; and while nothing has, how the month stands against the one before. Figures only, never an event
// about a person. What there is no room for comes with the next turn.
import { h } from '../dom';
import { clock, less, shown, sign } from '../format';
import { isBad, nameOf } from '../names';
import type { Store } from '../store';
import { pick } from '../texts';

/** Seconds for which a part stands. */
const STANDS = 6;

export function ticker(store: Store): { element: HTMLElement; update(): void; tick(): void } {
  const title = h('span.ticker-title');
  const list = h('div.ticker-list');
  let newest: string | null = null;
  let stood = 0;

  /** `when`, the figure, by how much it changed, and what it is now. */
  function item(code: string, when: string, to: string, by: string, more: Record<string, string>): HTMLElement {
    const indicator = store.catalogue.get(code);
    const unit = indicator?.unit ?? '';
    const way = sign(by);
    const colour = isBad(code) ? (way > 0 ? 'worse' : 'better') : way > 0 ? 'up' : 'down';
    const now = shown(to, unit);
    const step = way === 0 ? pick('持平', 'no change') : `${way > 0 ? '+' : '−'}${shown(by.replace('-', ''), unit).text}`;
    return h(
      'span.change',
      more,
      h('em', {}, when),
      h('span.name', {}, nameOf(code, indicator)),
      h('b', {}, now.text),
      h('i', {}, now.unit),
      h(way === 0 ? 'span' : `span.${colour}`, {}, step),
    );
  }

  const changes = () =>
    store.changes.map(({ code, at, value, by }) => item(code, clock(at, false), value, by, { 'data-change': code }));

  /** The last month that is told, against the one before. */
  const months = () =>
    [...store.trends.keys()].flatMap((code) => {
      const [before, last] = store.months(code).slice(-2);
      if (before?.value == null || last?.value == null) return [];
      const month = Number(last.period.from.slice(5, 7));
      return [item(code, pick(`${month}月`, `Month ${month}`), last.value, less(last.value, before.value), { 'data-month': code })];
    });

  /** Begins with the item whose turn it is; those that would be cut off wait for theirs. */
  function show(): void {
    const items = [...list.children] as HTMLElement[];
    for (const one of items) one.hidden = false;
    for (const one of items) one.hidden = one.offsetLeft - list.offsetLeft + one.offsetWidth > list.clientWidth + 1;
  }

  return {
    element: h('div.ticker', {}, title, list),
    update() {
      const key = (of: Iterable<unknown>) => JSON.stringify([...of]);
      const now = store.changes.length > 0 ? key(store.changes) : key(store.trends);
      if (now !== newest) {
        newest = now;
        stood = 0;
        const live = store.changes.length > 0;
        title.textContent = live ? pick('最新变动', 'Changes') : pick('月度动态 较上月', 'Month on month');
        const items = live ? changes() : months();
        list.replaceChildren(...(items.length > 0 ? items : [h('span.quiet', {}, pick('指标有变动时在此显示', 'Figures that change appear here'))]));
      }
      show();
    },
    tick() {
      stood += 1;
      const items = [...list.children] as HTMLElement[];
      const shownNow = items.filter((one) => !one.hidden);
      if (stood < STANDS || shownNow.length === items.length) return;
      stood = 0;
      list.append(...shownNow);
      show();
    },
  };
}
