// Figures as lines of a table. What the catalogue has and no other panel of the page shows is found here, a part of it
// each time that the page comes round.
import { h } from '../dom';
import { hasName } from '../names';
import { compared, named, value } from '../paint';
import type { Store } from '../store';
import type { Panel } from './panel';

function line(code: string): HTMLElement {
  return h('div.line', {}, named(code), compared(code), value(code));
}

/** Where there is no room for the comparison. */
const short = (code: string): HTMLElement => h('div.line', {}, named(code), value(code));

export function rows(store: Store, codes: string[], most: number, narrow = false): Panel {
  const element = h('div.lines');
  let now = '';
  return {
    element,
    codes,
    update() {
      // A code that is in the catalogue by its parts only is shown by these.
      const parts = codes.flatMap((code) => {
        const known = store.parts(code);
        return known.length > 0 ? known : hasName(code) ? [code] : [];
      });
      const told = (code: string) => store.figures.get(code)?.value != null;
      const shown = [...new Set([...parts.filter(told), ...parts])].slice(0, most);
      if (shown.join() === now) return;
      now = shown.join();
      element.replaceChildren(...shown.map(narrow ? short : line));
    },
  };
}

/** Figures of these clauses of the report beside those named. `turn` says which part of them. */
export function further(store: Store, clauses: string[], beside: string[], most: number, turn: number): Panel {
  const shown = new Set(beside.flatMap((code) => store.parts(code)));
  const codes = [...store.catalogue.values()]
    .filter(({ clause, kind }) => kind !== 'TEXT' && clauses.some((head) => clause.startsWith(head)))
    .map(({ code }) => code)
    .filter((code) => !shown.has(code));
  const element = h('div.lines');
  let now = '';
  return {
    element,
    codes,
    update() {
      const told = codes.filter((code) => store.figures.get(code)?.value != null);
      const parts = Math.max(1, Math.ceil(told.length / most));
      const part = told.slice((turn % parts) * most, (turn % parts) * most + most);
      element.closest<HTMLElement>('.panel')?.toggleAttribute('hidden', part.length === 0);
      if (part.join() === now) return;
      now = part.join();
      element.replaceChildren(...part.map(line));
    },
  };
}
