// ECharts, by the parts that the wall uses. SVG: sharp at any size, and no canvas of a wall's size to keep.
import { BarChart, GaugeChart, LineChart, MapChart, PieChart } from 'echarts/charts';
import { GeoComponent, GridComponent } from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { EChartsCoreOption } from 'echarts/core';

use([BarChart, GaugeChart, LineChart, MapChart, PieChart, GeoComponent, GridComponent, SVGRenderer]);

export { registerMap } from 'echarts/core';

/** The colours of screen.css, for what CSS does not reach. */
export const COLOURS = {
  text: '#e9f0f8',
  soft: '#9db0c6',
  faint: '#2a3d54',
  accent: '#57b6ff',
  accentSoft: '#2f6a9c',
  good: '#45d1a5',
  amber: '#ffb84d',
  line: '#ffd479',
} as const;

export interface Chart {
  element: HTMLElement;
  /** Draws, at once where the element is on the page, else as soon as it is. */
  draw(option: EChartsCoreOption): void;
  on(event: 'click', act: (name: string) => void): void;
  dispose(): void;
}

/** A chart that is made when it is first drawn and has a size. */
export function chart(element: HTMLElement): Chart {
  let made: EChartsType | null = null;
  let click: ((name: string) => void) | null = null;
  return {
    element,
    draw(option) {
      if (!made) {
        if (element.clientWidth === 0 || element.clientHeight === 0) return;
        made = init(element, null, { renderer: 'svg' });
        made.on('click', (event) => click?.(event.name));
      }
      // What stands beside a chart may have grown since it was made.
      if (made.getWidth() !== element.clientWidth || made.getHeight() !== element.clientHeight) made.resize();
      // Words in a chart are of the same letters as those beside it.
      const { fontFamily } = getComputedStyle(element);
      made.setOption({ textStyle: { fontFamily }, ...option }, { notMerge: true });
    },
    on(_, act) {
      click = act;
    },
    dispose() {
      made?.dispose();
      made = null;
    },
  };
}
