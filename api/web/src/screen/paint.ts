// Puts figures where the page has a place for them. A place names its figure in `data-code`; what stands there is told
// in `data-value` as the API gave it, so that a test, or a curious engineer, can compare.
import { HIDDEN, NONE, notReported, shown, sign, written } from './format';
import { h, say } from './dom';
import { isBad, nameOf } from './names';
import type { Store, Value } from './store';
import { pick } from './texts';

/** A place for a value with its unit. */
export function value(code: string, span?: 'month' | 'year'): HTMLElement {
  const attributes: Record<string, string> = { 'data-code': code };
  if (span) attributes['data-span'] = span;
  return h('span.value', attributes, h('b'), h('i'));
}

/** A place for a value of its own, such as a town's. */
export function filled(code: string, of: Value, unit: string, more: Record<string, string>): HTMLElement {
  const place = h('span.value', { 'data-code': code, ...more }, h('b'), h('i'));
  fill(place, of, unit);
  return place;
}

/** A place for the comparison with the year before. */
export const compared = (code: string): HTMLElement => h('span.compared', { 'data-compared': code });

/** A place for the target, where one is set. */
export const aimed = (code: string): HTMLElement => h('span.beside', { 'data-target': code }, h('em', {}, pick('目标', 'Target')), h('b'));

/** A place for the name. */
export const named = (code: string): HTMLElement => h('span.name', { 'data-name': code });

/** Fills all places of a page. */
export function paint(root: HTMLElement, store: Store, changed: string[] = []): void {
  for (const place of root.querySelectorAll<HTMLElement>('[data-code]:not([data-town])')) {
    const code = place.dataset.code ?? '';
    const span = place.dataset.span as 'month' | 'year' | undefined;
    const figure = span ? store.within(code, span) : store.figures.get(code);
    fill(place, figure ?? { value: null, suppressed: false }, store.catalogue.get(code)?.unit ?? '');
    if (changed.includes(code)) flash(place);
  }
  for (const place of root.querySelectorAll<HTMLElement>('[data-compared]')) compare(place, store);
  for (const place of root.querySelectorAll<HTMLElement>('[data-target]')) {
    const code = place.dataset.target ?? '';
    const target = store.figures.get(code)?.target ?? null;
    place.hidden = target === null;
    if (target !== null) say(place.lastElementChild ?? place, shown(target, store.catalogue.get(code)?.unit ?? '').text);
  }
  for (const place of root.querySelectorAll<HTMLElement>('[data-name]')) {
    const code = place.dataset.name ?? '';
    say(place, nameOf(code, store.catalogue.get(code)));
  }
}

function fill(place: HTMLElement, { value, suppressed, reason }: Value, unit: string): void {
  const [number, suffix] = place.children;
  if (!number || !suffix) return;
  const unreported = value === null && reason === 'NOT_REPORTED';
  const none = unreported ? notReported() : suppressed ? HIDDEN : NONE;
  const is = value === null ? { text: none, unit: '' } : shown(value, unit);
  say(number, is.text);
  say(suffix, is.unit);
  place.dataset.value = value ?? '';
  place.classList.toggle('none', value === null);
  place.classList.toggle('not-reported', unreported);
  place.classList.toggle('hidden-value', suppressed);
}

/** Lights up for a moment, again if it has not gone out yet. */
function flash(place: HTMLElement): void {
  place.classList.remove('changed');
  void place.offsetWidth;
  place.classList.add('changed');
}

function compare(place: HTMLElement, store: Store): void {
  const code = place.dataset.compared ?? '';
  const figure = store.figures.get(code);
  const growth = figure?.yearOnYear ?? null;
  const then = figure?.comparedTo ?? null;
  const way = growth === null ? 0 : sign(growth);
  const bad = isBad(code);
  place.className = 'compared';
  place.title = then ? pick(`与${then.from}至${then.to}相比`, `against ${then.from} to ${then.to}`) : '';
  if (growth === null) {
    say(place, '');
    return;
  }
  // The arrow is drawn, since fonts differ in it. Growth is red by the habit of the country; where more is worse, the colour says worse or better instead.
  if (way !== 0) place.classList.add(bad ? (way > 0 ? 'worse' : 'better') : way > 0 ? 'up' : 'down');
  const points = store.catalogue.get(code)?.unit === '%';
  place.classList.toggle('rising', way > 0);
  place.classList.toggle('falling', way < 0);
  say(place, way === 0 ? pick('持平', 'no change') : `${written(growth.replace('-', ''))}${points ? ' pp' : '%'}`);
}
