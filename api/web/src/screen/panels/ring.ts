// The annual inspection as a ring: qualified, basically qualified, inspected with another or no conclusion yet, and
// those that are due and have not come.
import { chart, COLOURS } from '../charts';
import { h, say } from '../dom';
import { NONE, size, written } from '../format';
import { named, value } from '../paint';
import type { Store } from '../store';
import { pick } from '../texts';
import type { Panel } from './panel';

export function ring(store: Store): Panel {
  const canvas = chart(h('div.chart'));
  // What is left over is worked out here: no figure of its own, and so without its place.
  const [pending, absent] = [h('b'), h('b')];
  const key = (colour: string, label: HTMLElement, number: HTMLElement) =>
    h('div.key', {}, h('span.swatch', { style: `background: ${colour}` }), label, number);
  const left = (number: HTMLElement) => h('span.value', {}, number);
  const told = () => {
    const codes = ['F9', 'F9.DUE', 'F10', 'F11'];
    const [all = 0, due = 0, good = 0, fair = 0] = codes.map((code) => size(store.figures.get(code)?.value));
    const known = codes.every((code) => store.figures.get(code)?.value != null);
    return { good, fair, other: Math.max(0, all - good - fair), missing: Math.max(0, due - all), known };
  };
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
        key(COLOURS.amber, h('span.name', {}, pick('其他结论及待定', 'Other or pending')), left(pending)),
        key(COLOURS.faint, h('span.name', {}, pick('尚未参检', 'Not yet come')), left(absent)),
      ),
    ),
    codes: ['F9', 'F9.DUE', 'F9.PARTICIPATION', 'F10', 'F11'],
    update() {
      const { other, missing, known } = told();
      say(pending, known ? written(String(other)) : NONE);
      say(absent, known ? written(String(missing)) : NONE);
    },
    draw() {
      const { good, fair, other, missing } = told();
      const parts: [number, string][] = [
        [good, COLOURS.good],
        [fair, COLOURS.accent],
        [other, COLOURS.amber],
        [missing, COLOURS.faint],
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
