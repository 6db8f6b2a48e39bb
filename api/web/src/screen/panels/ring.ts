// The annual inspection as a ring: qualified, basically qualified, inspected with another or no conclusion yet, and
// those that are due and have not come.
import { chart, COLOURS } from '../charts';
import { h } from '../dom';
import { size } from '../format';
import { named, value } from '../paint';
import type { Store } from '../store';
import { pick } from '../texts';
import type { Panel } from './panel';

export function ring(store: Store): Panel {
  const canvas = chart(h('div.chart'));
  const key = (colour: string, label: HTMLElement, number: HTMLElement | null) =>
    h('div.key', {}, h('span.swatch', { style: `background: ${colour}` }), label, number);
  return {
    element: h(
      'div.ring',
      {},
      h('div.ring-chart', {}, canvas.element, h('div.ring-middle', {}, value('F9.PARTICIPATION'), named('F9.PARTICIPATION'))),
      h(
        'div.keys',
        {},
        h('div.key.key-first', {}, named('F9'), value('F9'), h('span.slash', {}, '/'), named('F9.DUE'), value('F9.DUE')),
        key(COLOURS.good, named('F10'), value('F10')),
        key(COLOURS.accent, named('F11'), value('F11')),
        key(COLOURS.amber, h('span.name', {}, pick('其他结论及待定', 'Other or pending')), null),
        key(COLOURS.faint, h('span.name', {}, pick('尚未参检', 'Not yet come')), null),
      ),
    ),
    codes: ['F9', 'F9.DUE', 'F9.PARTICIPATION', 'F10', 'F11'],
    update() {
      const [all = 0, due = 0, good = 0, fair = 0] = ['F9', 'F9.DUE', 'F10', 'F11'].map((code) =>
        size(store.figures.get(code)?.value),
      );
      const parts: [number, string][] = [
        [good, COLOURS.good],
        [fair, COLOURS.accent],
        [Math.max(0, all - good - fair), COLOURS.amber],
        [Math.max(0, due - all), COLOURS.faint],
      ];
      const none = parts.every(([part]) => part === 0);
      canvas.draw({
        animation: false,
        series: [
          {
            type: 'pie',
            radius: ['76%', '98%'],
            silent: true,
            label: { show: false },
            labelLine: { show: false },
            itemStyle: { borderColor: '#0b1424', borderWidth: 2 },
            data: none
              ? [{ value: 1, itemStyle: { color: COLOURS.faint } }]
              : parts.map(([part, color]) => ({ value: part, itemStyle: { color } })),
          },
        ],
      });
    },
    dispose: () => canvas.dispose(),
  };
}
