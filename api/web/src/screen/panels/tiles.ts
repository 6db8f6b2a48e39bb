// Small figures: a name, a value, its growth.
import { h } from '../dom';
import { compared, named, value } from '../paint';
import type { Panel } from './panel';

/** Tiles in so many columns. */
export function tiles(codes: string[], columns = 2): Panel {
  return {
    element: h('div.tiles', { style: `--columns: ${columns}` }, ...codes.map(tile)),
    codes,
  };
}

function tile(code: string): HTMLElement {
  return h('div.tile', {}, named(code), h('div.tile-value', {}, value(code), compared(code)));
}
