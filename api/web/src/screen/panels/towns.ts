// Towns by one figure: a ranked list whose shades tell the share of the largest. A click, or the keys, drill down.
import { h, unit } from '../dom';
import { size } from '../format';
import { nameOf } from '../names';
import { filled } from '../paint';
import type { Part } from '../api';
import { pick } from '../texts';
import { section, type Panel, type Wall } from './panel';

/** Nine digits of a division's code. */
export const short = (code: string | undefined): string => (code ?? '').slice(0, 9);

/** A part of the largest, for shades. */
export const shareOf = (part: Part, most: number): number => (most > 0 ? Math.max(0, size(part.value)) / most : 0);

/** The least widths of a town's line and of the map, with what stands between, in units. */
const LINE = 13.8;
const MAP = 13.2;
const PADDING = 1.4;

export function towns(wall: Wall, beside: Panel | null = null): Panel {
  const { store } = wall;
  const title = h('button.by', { type: 'button', title: pick('换一个指标（B）', 'another figure (B)') });
  title.addEventListener('click', () => wall.nextBy());
  const list = h('div.towns');
  const element = section(pick('镇街分布', 'Towns'), beside ? h('div.with-map', {}, beside.element, list) : list);
  element.querySelector('h2')?.append(title);

  function line(index: number, part: Part, most: number): HTMLElement {
    const code = short(part.division?.code);
    const share = shareOf(part, most);
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
    span: 2,
    update() {
      title.textContent = nameOf(wall.by(), store.catalogue.get(wall.by()));
      const ranked = store.ranked();
      // A screen in a town's hall shows no other town.
      element.hidden = ranked.length === 0;
      const most = Math.max(0, ...ranked.map((part) => size(part.value)));
      list.replaceChildren(...ranked.map((part, index) => line(index, part, most)));
    },
    fit() {
      const count = list.childElementCount;
      const room = element.clientWidth / unit() - PADDING - (beside ? MAP : 0);
      // No second column for a handful.
      const columns = Math.max(1, Math.min(Math.floor(room / LINE), Math.ceil(count / 5)));
      list.style.setProperty('--lines', String(Math.max(1, Math.ceil(count / columns))));
    },
    draw: () => beside?.draw?.(),
    dispose: () => beside?.dispose?.(),
  };
}
