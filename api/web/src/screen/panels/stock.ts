// Who is on the rolls, by category: persons as bars, households beside them.
import { h } from '../dom';
import { size } from '../format';
import { named, value } from '../paint';
import type { Store } from '../store';
import { pick } from '../texts';
import type { Panel } from './panel';

const CATEGORIES = ['DIBAO_URBAN', 'DIBAO_RURAL', 'TEKUN_SCATTERED', 'TEKUN_INSTITUTION', 'EDGE', 'RIGID'].map(
  (category) => `D03.${category}`,
);

export function stock(store: Store): Panel {
  const bars = new Map<string, HTMLElement>();
  const lines = CATEGORIES.map((category) => {
    const bar = h('div.bar-fill');
    bars.set(category, bar);
    return h(
      'div.stock',
      {},
      h('div.stock-head', {}, named(category), value(`${category}.PERSONS`), value(`${category}.HOUSEHOLDS`)),
      h('div.bar', {}, bar),
    );
  });
  return {
    element: h(
      'div.stocks',
      {},
      h('div.stock-head.head', {}, h('span.name'), h('span', {}, pick('人数', 'Persons')), h('span', {}, pick('户数', 'Households'))),
      ...lines,
    ),
    codes: CATEGORIES.flatMap((category) => [`${category}.PERSONS`, `${category}.HOUSEHOLDS`]),
    update() {
      const persons = CATEGORIES.map((category) => size(store.figures.get(`${category}.PERSONS`)?.value));
      const most = Math.max(1, ...persons);
      CATEGORIES.forEach((category, index) => {
        bars.get(category)?.style.setProperty('width', `${((persons[index] ?? 0) / most) * 100}%`);
      });
    },
  };
}
