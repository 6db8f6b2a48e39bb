// Towns by one figure: a ranked list whose shades tell the share of the largest, and the map beside it where there is
// one. A click, or the keys, drill down into a town.
import { chart, COLOURS } from '../charts';
import { h, unit } from '../dom';
import { size } from '../format';
import { mapped, NAME } from '../map';
import { nameOf } from '../names';
import { filled } from '../paint';
import { pick } from '../texts';
import { section, type Panel, type Wall } from './panel';

/** Nine digits of a division's code. */
const short = (code: string | undefined): string => (code ?? '').slice(0, 9);

/** `wide`: room for two columns, or for the map and one. */
export function towns(wall: Wall, area: string, wide: boolean): Panel {
  const { store } = wall;
  const title = h('button.by', { type: 'button', title: pick('换一个指标（B）', 'another figure (B)') });
  title.addEventListener('click', () => wall.nextBy());
  const list = h('div.towns');
  const map = wide && mapped() ? chart(h('div.chart.map')) : null;
  map?.on('click', (name) => name && wall.enter(name));
  const element = section(area, pick('镇街分布', 'Towns'), h(map ? 'div.with-map' : 'div.without-map', {}, map?.element ?? null, list));
  element.querySelector('h2')?.append(title);

  function line(index: number, part: ReturnType<Wall['store']['ranked']>[number], most: number): HTMLElement {
    const code = short(part.division?.code);
    const share = most > 0 ? Math.max(0, size(part.value)) / most : 0;
    const row = h(
      'button.town',
      { type: 'button', 'data-row': code, style: `--share: ${(share * 100).toFixed(1)}%; --heat: ${(0.16 + share * 0.5).toFixed(2)}` },
      h('span.rank', {}, String(index + 1)),
      h('span.name', {}, part.division?.name ?? code),
      filled(wall.by(), part, store.catalogue.get(wall.by())?.unit ?? '', { 'data-town': code }),
    );
    row.classList.toggle('here', code === wall.town());
    row.classList.toggle('pointed', index === wall.pointed());
    row.addEventListener('click', () => wall.enter(code));
    return row;
  }

  return {
    element,
    codes: [],
    update() {
      const by = store.catalogue.get(wall.by());
      title.textContent = nameOf(wall.by(), by);
      const ranked = store.ranked();
      const most = Math.max(0, ...ranked.map((part) => size(part.value)));
      // Where there is no room for all: the part of the ranking around what is pointed at or shown.
      const columns = wide && !map ? 2 : 1;
      const room = wide ? 10 * columns : 20;
      const at = wall.pointed() >= 0 ? wall.pointed() : ranked.findIndex((part) => short(part.division?.code) === wall.town());
      const first = Math.max(0, Math.min(ranked.length - room, at - room + 1));
      const rows = ranked.map((part, index) => line(index, part, most)).slice(first, first + room);
      list.style.setProperty('--lines', String(Math.max(8, Math.ceil(rows.length / columns))));
      list.replaceChildren(...rows);
      map?.draw({
        animation: false,
        series: [
          {
            type: 'map',
            map: NAME,
            roam: false,
            selectedMode: false,
            layoutCenter: ['50%', '50%'],
            layoutSize: '98%',
            label: { show: false },
            itemStyle: { areaColor: COLOURS.faint, borderColor: '#0b1424', borderWidth: unit() * 0.08 },
            emphasis: { disabled: true },
            data: ranked.map((part, index) => {
              const code = short(part.division?.code);
              const share = most > 0 ? Math.max(0, size(part.value)) / most : 0;
              const here = code === wall.town() || index === wall.pointed();
              return {
                name: code,
                value: size(part.value),
                itemStyle: {
                  areaColor: part.value === null ? COLOURS.faint : mix(share),
                  ...(here ? { borderColor: COLOURS.text, borderWidth: unit() * 0.16 } : {}),
                },
                label: {
                  show: true,
                  formatter: part.division?.name.replace(/(街道|镇|乡)$/, '') ?? '',
                  color: COLOURS.text,
                  fontSize: unit() * 0.85,
                },
              };
            }),
          },
        ],
      });
    },
    dispose: () => map?.dispose(),
  };
}

/** From the panel's ground to the accent. */
function mix(share: number): string {
  const from = [22, 42, 66];
  const to = [58, 140, 204];
  const [r, g, b] = from.map((low, index) => Math.round(low + ((to[index] ?? low) - low) * share));
  return `rgb(${r}, ${g}, ${b})`;
}
