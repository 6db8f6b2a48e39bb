// A rate that should be a hundred: how far it is.
import { chart, COLOURS } from '../charts';
import { h, unit } from '../dom';
import { size } from '../format';
import { named, value } from '../paint';
import type { Store } from '../store';
import type { Panel } from './panel';

export function gauge(store: Store, code: string): Panel {
  const canvas = chart(h('div.chart'));
  return {
    element: h('div.gauge', {}, canvas.element, h('div.gauge-middle', {}, value(code), named(code))),
    codes: [code],
    draw() {
      const percent = Math.min(100, Math.max(0, size(store.figures.get(code)?.value)));
      const width = unit() * 0.7;
      canvas.draw({
        animation: false,
        series: [
          {
            type: 'gauge',
            startAngle: 210,
            endAngle: -30,
            radius: '98%',
            center: ['50%', '50%'],
            min: 0,
            max: 100,
            silent: true,
            progress: {
              show: true,
              width,
              roundCap: true,
              // Unknown is no zero: nothing is drawn.
              itemStyle: { opacity: percent > 0 ? 1 : 0, color: percent >= 100 ? COLOURS.good : percent >= 90 ? COLOURS.accent : COLOURS.amber },
            },
            axisLine: { roundCap: true, lineStyle: { width, color: [[1, COLOURS.faint]] } },
            pointer: { show: false },
            axisTick: { show: false },
            splitLine: { show: false },
            axisLabel: { show: false },
            detail: { show: false },
            title: { show: false },
            data: [{ value: percent }],
          },
        ],
      });
    },
    dispose: () => canvas.dispose(),
  };
}
