// Where the panels of a page stand. Nothing is guessed: every panel is measured at the width of a column, the type is as
// large as the wall allows, and panels for which there is no room beside the others take turns with them, sheet after
// sheet. So nothing is lost or cut, whatever the fonts of the machine and the shape of the wall.
import { unit } from './dom';
import { pack, stretch, type Place, type Size } from './pack';
import type { Panel } from './panels/panel';

/** The least width of a column and the gap between two, in units. */
const COLUMN = 20;
const GAP = 0.9;
/** How large the type of pages is, in units: at least, for readers far away too, and how many steps it may grow. */
const LEAST = 0.95;
const LEAST_LARGE = 1;
const STEP = 0.04;
const STEPS = 18;

interface Arrangement {
  columns: number;
  sheets: Place[][];
  /** Whether every panel is as wide as what stands in it. */
  wide: boolean;
}

/** Whether something does not fit into its box; a pixel is the browser's rounding. */
const over = (box: Element): boolean => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;

export class Layout {
  private sheets: Place[][] = [];
  private panels: Panel[] = [];
  private known = '';

  constructor(private readonly root: HTMLElement) {}

  get count(): number {
    return Math.max(1, this.sheets.length);
  }

  /** Places the panels anew where they, what they hold or the wall are others than before. */
  arrange(panels: Panel[]): void {
    const shown = panels.filter(({ element }) => !element.hidden);
    const rows = shown.map(({ element }) => element.querySelectorAll('.line, .town').length);
    const now = [this.root.clientWidth, this.root.clientHeight, ...rows].join();
    const same = shown.length === this.panels.length && shown.every((panel, index) => panel === this.panels[index]);
    if (same && now === this.known) {
      // What stands on another sheet is away and has no size; it grows too.
      for (const { element } of shown) element.classList.remove('away');
      if (!shown.some(({ element }) => over(element))) return;
    }
    this.known = now;
    this.panels = shown;
    const least = this.at(0);
    let best: [number, Arrangement] = [0, least];
    // The largest type with which there are no more sheets than with the smallest; nor, where one is not enough, fewer
    // columns: sheets are to be full, not few and large.
    const better = ({ wide, sheets, columns }: Arrangement): boolean =>
      wide && sheets.length <= least.sheets.length && (sheets.length === 1 || columns === least.columns);
    for (let low = 1, high = STEPS; low <= high; ) {
      const step = (low + high) >> 1;
      const tried = this.at(step);
      if (better(tried)) {
        best = [step, tried];
        low = step + 1;
      } else high = step - 1;
    }
    this.place(...best);
  }

  /** Shows one sheet; what does not stand on it is away. */
  show(sheet: number): void {
    const here = new Set((this.sheets[sheet] ?? []).map(({ index }) => this.panels[index]?.element));
    for (const { element } of this.panels) element.classList.toggle('away', !here.has(element));
  }

  /** The arrangement with type of this size. */
  private at(step: number): Arrangement {
    const { classList, style } = document.documentElement;
    style.setProperty('--type', String((classList.contains('large') ? LEAST_LARGE : LEAST) + step * STEP));
    const most = Math.max(1, Math.floor((this.root.clientWidth + GAP * unit()) / ((COLUMN + GAP) * unit())));
    const [first, second] = [this.within(most), this.within(Math.max(1, most - 1))];
    const better = Number(second.wide) - Number(first.wide) || first.sheets.length - second.sheets.length;
    return better > 0 ? second : first;
  }

  /** The arrangement in so many columns. */
  private within(columns: number): Arrangement {
    const gap = GAP * unit();
    const width = (this.root.clientWidth + gap) / columns - gap;
    this.panels.forEach(({ element, span = 1 }) => {
      element.classList.remove('away');
      const wide = Math.min(span, columns);
      element.style.width = `${wide * (width + gap) - gap}px`;
      element.style.height = 'auto';
    });
    for (const panel of this.panels) panel.fit?.();
    const sizes: Size[] = this.panels.map(({ element, span = 1, grow = 1 }, index) => ({
      index,
      span: Math.min(span, columns),
      height: Math.min(Math.ceil(element.getBoundingClientRect().height), this.root.clientHeight),
      grow,
    }));
    const wide = this.panels.every(({ element }) => element.scrollWidth <= element.clientWidth + 1);
    return { columns, sheets: pack(sizes, columns, this.root.clientHeight, gap), wide };
  }

  private place(step: number, { columns, sheets }: Arrangement): void {
    this.at(step);
    this.within(columns);
    const gap = GAP * unit();
    this.sheets = sheets;
    for (const sheet of sheets) {
      // Where not every column is needed the others are wider.
      const used = Math.max(...sheet.map(({ column, span }) => column + span));
      const width = (this.root.clientWidth + gap) / used - gap;
      for (const { index, column, span, top, height } of stretch(sheet, used, this.root.clientHeight, gap)) {
        const { style } = (this.panels[index] as Panel).element;
        style.left = `${column * (width + gap)}px`;
        style.top = `${top}px`;
        style.width = `${span * (width + gap) - gap}px`;
        style.height = `${height}px`;
      }
    }
    for (const { element } of this.panels) shrink(element);
  }
}

/** The last resort, for a panel that is larger than the wall: what it holds is drawn smaller. */
function shrink(box: HTMLElement): void {
  const parts = [...box.children].filter((part) => part instanceof HTMLElement);
  for (const part of parts) if (part.style.zoom !== '') part.style.zoom = '';
  const by = Math.max(box.scrollWidth / box.clientWidth, box.scrollHeight / box.clientHeight);
  if (over(box)) for (const part of parts) part.style.zoom = String(0.99 / by);
}
