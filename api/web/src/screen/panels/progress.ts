// How much of a whole is done: a bar, with both numbers and their share.
import { h } from '../dom';
import { size } from '../format';
import { named, value } from '../paint';
import type { Store } from '../store';
import { pick } from '../texts';
import type { Panel } from './panel';

export function progress(store: Store, done: string, whole: string, share: string): Panel {
  const fill = h('div.bar-fill');
  return {
    element: h(
      'div.progress',
      {},
      h('div.progress-head', {}, named(share), value(share)),
      h('div.bar.tall', {}, fill),
      h('div.progress-foot', {}, h('span', {}, named(done), value(done)), h('span', {}, named(whole), value(whole))),
    ),
    codes: [done, whole, share],
    update() {
      const percent = Math.min(100, Math.max(0, size(store.figures.get(share)?.value)));
      fill.style.setProperty('width', `${percent}%`);
      fill.classList.toggle('full', percent === 100);
    },
  };
}

/** Shares of a whole hundred, one bar each. */
export function shares(store: Store, ...codes: string[]): Panel {
  const fills = codes.map(() => h('div.bar-fill'));
  // What should be whole and is not stands out (domain F12), and the colour is explained where it is seen.
  const key = h('div.short-key', {}, pick('红色：未达 100%', 'Red: short of 100%'));
  return {
    element: h(
      'div.shares',
      {},
      ...codes.map((code, index) =>
        h('div.share', {}, h('div.share-head', {}, named(code), value(code)), h('div.bar', {}, fills[index] ?? null)),
      ),
      key,
    ),
    codes,
    update() {
      codes.forEach((code, index) => {
        const percent = Math.min(100, Math.max(0, size(store.figures.get(code)?.value)));
        fills[index]?.style.setProperty('width', `${percent}%`);
        fills[index]?.classList.toggle('short', store.figures.get(code)?.value != null && percent < 100);
        fills[index]?.classList.toggle('full', percent === 100);
      });
      key.hidden = !fills.some((fill) => fill.classList.contains('short'));
    },
  };
}
