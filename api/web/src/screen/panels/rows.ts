// Figures as lines of a table.
import { h } from '../dom';
import { compared, named, value } from '../paint';
import type { Store } from '../store';
import type { Panel } from './panel';

function line(code: string): HTMLElement {
  return h('div.line', {}, named(code), compared(code), value(code));
}

/** Where there is no room for the comparison. */
const short = (code: string): HTMLElement => h('div.line', {}, named(code), value(code));

/** Those of the figures of which something is told. `most`: the first so many, where another page has them all. */
export function rows(store: Store, codes: string[], most = Infinity, narrow = false): Panel {
  const element = h('div.lines');
  let now = '';
  return {
    element,
    codes,
    update() {
      // A figure that is in the catalogue by its parts only is shown by these.
      const told = codes.flatMap((code) => store.parts(code)).filter((code) => {
        const figure = store.figures.get(code);
        return figure?.suppressed || figure?.value != null;
      });
      const shown = [...new Set(told)].slice(0, most);
      element.hidden = shown.length === 0;
      if (shown.join() === now) return;
      now = shown.join();
      element.replaceChildren(...shown.map(narrow ? short : line));
    },
  };
}

/** All figures of these clauses of the report, but those named. */
export function clauses(store: Store, heads: string[], beside: string[]): string[] {
  const shown = new Set(beside.flatMap((code) => store.parts(code)));
  return [...store.catalogue.values()]
    .filter(({ clause, kind }) => kind !== 'TEXT' && kind !== 'DATE' && heads.some((head) => clause.startsWith(head)))
    .map(({ code }) => code)
    .filter((code) => !shown.has(code));
}
