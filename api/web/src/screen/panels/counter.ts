// A figure in the largest type, with its growth and, for a flow, the month and the year beside it.
import { h } from '../dom';
import { aimed, compared, named, value } from '../paint';
import type { Store } from '../store';
import { pick } from '../texts';
import type { Panel } from './panel';

export function counter(store: Store, code: string): Panel {
  // What holds on a day, or is a rate, is no sum of a month or a year.
  const flows = ['FLOW', 'DISTINCT'].includes(store.catalogue.get(code)?.kind ?? '');
  const beside = (name: string, span: 'month' | 'year') =>
    h('span.beside', {}, h('em', {}, name), value(code, span));
  return {
    element: h(
      'section.counter',
      {},
      h('div.counter-head', {}, named(code), compared(code)),
      value(code),
      h(
        'div.counter-foot',
        {},
        flows ? beside(pick('当月', 'Month'), 'month') : null,
        flows ? beside(pick('当年', 'Year'), 'year') : null,
        aimed(code),
      ),
    ),
    codes: [code],
    grow: 0,
    trends: flows ? [code] : [],
  };
}
