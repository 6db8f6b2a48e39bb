// The last twelve months of one figure as bars, of a second one as a line over them.
import { chart, COLOURS } from '../charts';
import { h, unit } from '../dom';
import { HIDDEN, shown, size } from '../format';
import { nameOf } from '../names';
import type { Point } from '../api';
import type { Store } from '../store';
import { pick } from '../texts';
import type { Panel } from './panel';

const MONTHS = 12;

export function trend(store: Store, code: string, line: string | null = null): Panel {
  const legend = h('div.trend-legend');
  const canvas = chart(h('div.chart'));
  const codes = line ? [code, line] : [code];
  const unitOf = (of: string): string => store.catalogue.get(of)?.unit ?? '';
  const text = (of: string, point: Point): string => {
    if (point.suppressed) return HIDDEN;
    if (point.value === null) return '';
    // The unit stands above the chart; 万 and 亿 that are not in it stand with the number.
    const told = shown(point.value, unitOf(of));
    const usual = shown('0', unitOf(of)).unit;
    return told.text + (told.unit.endsWith(usual) ? told.unit.slice(0, told.unit.length - usual.length) : told.unit.slice(0, 1));
  };
  const key = (of: string, index: number): HTMLElement => {
    const name = nameOf(of, store.catalogue.get(of));
    const { unit } = shown('0', unitOf(of));
    const beside = unit === '' || name.endsWith(unit) ? '' : pick(`（${unit}）`, ` (${unit})`);
    return h(`span.${index === 0 ? 'key-bar' : 'key-line'}`, {}, name + beside);
  };
  return {
    element: h('div.trend', {}, legend, canvas.element),
    codes,
    trends: codes,
    grow: 2,
    update() {
      const points = store.months(code).slice(-MONTHS);
      const ends = [points[0], points.at(-1)].map((point) => point?.period.from.slice(0, 7).replace('-', '.') ?? '');
      legend.replaceChildren(...codes.map(key), ...(line ? [] : [h('span.span', {}, ends.join('–'))]));
    },
    draw() {
      const rem = unit();
      const wide = canvas.element.clientWidth > rem * 30;
      const points = store.months(code).slice(-MONTHS);
      const over = line ? store.months(line).slice(-MONTHS) : [];
      const most = Math.max(...points.map((point) => size(point.value)));
      const end = points.length - 1;
      const last = points[end];
      const room = (canvas.element.clientWidth - rem * 1.8) / Math.max(1, points.length);
      // Only the largest and the last are named: twelve numbers are none from six metres, and two that touch are none either.
      const apart = (point: Point, index: number): boolean =>
        (end - index) * room > rem * 0.65 * (text(code, point).length + (last ? text(code, last).length : 0));
      const isNamed = (point: Point, index: number): boolean =>
        point.suppressed || index === end || (most > 0 && size(point.value) === most && apart(point, index));
      // A name at either end begins or ends there, however long it is.
      const aligned = (index: number): object =>
        index === end
          ? { align: 'right', offset: [room / 2 + rem * 0.7, 0] }
          : index * room < rem * 2
            ? { align: 'left', offset: [-room / 2 - rem * 0.7, 0] }
            : {};
      const label = { fontSize: rem * 0.95, color: COLOURS.soft };
      canvas.draw({
        animation: false,
        grid: { left: rem * 0.9, right: rem * 0.9, top: rem * 1.7, bottom: rem * 1.7 },
        xAxis: {
          type: 'category',
          data: points.map(({ period: { from } }) => {
            const month = Number(from.slice(5, 7));
            return wide ? pick(`${month}月`, String(month)) : String(month);
          }),
          axisLine: { lineStyle: { color: COLOURS.faint } },
          axisTick: { show: false },
          axisLabel: { ...label, interval: 0 },
        },
        yAxis: [
          { type: 'value', show: false, min: 0 },
          { type: 'value', show: false, min: 0 },
        ],
        series: [
          {
            type: 'bar',
            barWidth: '58%',
            data: points.map((point, index) => ({
              value: point.value === null ? null : size(point.value),
              label: {
                show: isNamed(point, index),
                position: 'top',
                distance: rem * 0.25,
                ...aligned(index),
                formatter: text(code, point),
                color: COLOURS.text,
                fontSize: rem,
              },
              itemStyle: {
                color: index === points.length - 1 ? COLOURS.accent : COLOURS.accentSoft,
                borderRadius: [rem * 0.12, rem * 0.12, 0, 0],
              },
            })),
          },
          {
            type: 'line',
            yAxisIndex: 1,
            data: over.map((point) => (point.value === null ? null : size(point.value))),
            symbol: 'circle',
            symbolSize: rem * 0.3,
            lineStyle: { color: COLOURS.line, width: rem * 0.12 },
            itemStyle: { color: COLOURS.line },
          },
        ],
      });
    },
    dispose: () => canvas.dispose(),
  };
}
