// The map beside the towns' ranking: as light as a town's share is large.
import { chart, COLOURS } from '../charts';
import { h, unit } from '../dom';
import { size } from '../format';
import { isGiven, NAME, tile } from '../map';
import { pick } from '../texts';
import { section, type Panel, type Wall } from './panel';
import { shareOf, short, towns } from './towns';

/** The ranking with its map, in one panel where the wall is wide enough for it. */
export function townsMap(wall: Wall): Panel[] {
  const map = drawn(wall);
  if (!wall.large()) return [towns(wall, map)];
  const element = section(isGiven() ? pick('镇街地图', 'Map of towns') : pick('镇街示意图', 'Towns, not to scale'), map.element);
  return [towns(wall), { ...map, element, update: () => element.toggleAttribute('hidden', wall.store.towns.length === 0) }];
}

function drawn(wall: Wall): Panel {
  const { store } = wall;
  const canvas = chart(h('div.chart.map'));
  canvas.on('click', (name) => name && wall.enter(name));
  return {
    element: canvas.element,
    codes: [],
    grow: 2,
    draw() {
      const { clientWidth, clientHeight } = canvas.element;
      const ranked = store.ranked();
      if (ranked.length === 0 || clientHeight === 0) return;
      const codes = ranked.map((part) => short(part.division?.code)).sort();
      const width = isGiven() ? null : tile(codes, clientWidth / clientHeight) * clientWidth;
      const most = Math.max(0, ...ranked.map((part) => size(part.value)));
      const edge = unit() * 0.08;
      canvas.draw({
        animation: false,
        series: [
          {
            type: 'map',
            map: NAME,
            roam: false,
            selectedMode: false,
            ...(width === null ? {} : { aspectScale: 1 }),
            left: edge,
            right: edge,
            top: edge,
            bottom: edge,
            label: { show: false },
            labelLayout: { hideOverlap: true },
            itemStyle: { areaColor: COLOURS.faint, borderColor: '#0b1424', borderWidth: edge },
            emphasis: { disabled: true },
            data: ranked.map((part, index) => {
              const code = short(part.division?.code);
              const here = code === wall.town() || index === wall.pointed();
              return {
                name: code,
                value: size(part.value),
                itemStyle: {
                  areaColor: part.value === null ? COLOURS.faint : mix(shareOf(part, most)),
                  ...(here ? { borderColor: COLOURS.text, borderWidth: edge * 2 } : {}),
                },
                label: {
                  show: true,
                  formatter: part.division?.name.replace(/(?<=..)(街道|镇|乡)$/, '') ?? '',
                  color: COLOURS.text,
                  fontSize: unit() * 0.95,
                  ...(width === null ? {} : { width, overflow: 'break' }),
                },
              };
            }),
          },
        ],
      });
    },
    dispose: () => canvas.dispose(),
  };
}

/** From the panel's ground to the accent. */
function mix(share: number): string {
  const from = [22, 42, 66];
  const to = [58, 140, 204];
  const [r, g, b] = from.map((low, index) => Math.round(low + ((to[index] ?? low) - low) * share));
  return `rgb(${r}, ${g}, ${b})`;
}
