// What changed lately: figures only, never an event about a person.
import { h } from '../dom';
import { clock, shown, sign } from '../format';
import { isBad, nameOf } from '../names';
import type { Store } from '../store';
import { pick } from '../texts';

export function ticker(store: Store): { element: HTMLElement; update(): void } {
  const list = h('div.ticker-list');
  let newest = '';
  return {
    element: h('div.ticker', {}, h('span.ticker-title', {}, pick('最新变动', 'Changes')), list),
    update() {
      const { changes } = store;
      const now = changes.map((change) => `${change.code} ${change.value} ${change.at.getTime()}`).join() || 'none';
      if (now === newest) return;
      newest = now;
      if (changes.length === 0) {
        list.replaceChildren(h('span.quiet', {}, pick('指标有变动时在此显示', 'Figures that change appear here')));
        return;
      }
      list.replaceChildren(
        ...changes.map(({ code, at, value, by }) => {
          const indicator = store.catalogue.get(code);
          const unit = indicator?.unit ?? '';
          const to = shown(value, unit);
          const way = sign(by);
          const colour = isBad(code) ? (way > 0 ? 'worse' : 'better') : way > 0 ? 'up' : 'down';
          const step = shown(by.replace('-', ''), unit);
          return h(
            'span.change',
            { 'data-change': code },
            h('em', {}, clock(at, false)),
            h('span.name', {}, nameOf(code, indicator)),
            h(`span.${colour}`, {}, `${way > 0 ? '+' : '−'}${step.text}`),
            h('span', {}, '→'),
            h('b', {}, to.text),
            h('i', {}, to.unit),
          );
        }),
      );
    },
  };
}
