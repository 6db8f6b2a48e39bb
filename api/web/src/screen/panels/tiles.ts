// Small figures: a name, a value, its growth.
import { h } from '../dom';
import { compared, named, value } from '../paint';
import type { Panel } from './panel';

/** Tiles, as many beside each other as there is room for. */
export function tiles(codes: string[]): Panel {
  return {
    element: h('div.tiles', {}, ...codes.map(tile)),
    codes,
  };
}

function tile(code: string): HTMLElement {
  return h('div.tile', {}, named(code), h('div.tile-value', {}, value(code), compared(code)));
}
