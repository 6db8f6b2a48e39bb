// A panel is a part of a page: it names the figures that it shows, so that one question asks for all of a page's.
import { h } from '../dom';
import type { Store } from '../store';

export interface Panel {
  element: HTMLElement;
  /** Figures shown; `D73` stands for its parts too. */
  codes: string[];
  /** Figures of which the last months are shown. */
  trends?: string[];
  /** Draws what is more than a value in its place. */
  update?(): void;
  dispose?(): void;
}

/** What a panel may know and do. */
export interface Wall {
  store: Store;
  /** Nine digits of the town drilled into; null: the district. */
  town(): string | null;
  /** The figure by which towns are ranked. */
  by(): string;
  /** The place in the ranking that the keys point at; −1: none. */
  pointed(): number;
  enter(town: string): void;
  nextBy(): void;
}

/** A panel's frame: a title, and what stands under it. */
export function section(area: string, title: string, ...children: (HTMLElement | null)[]): HTMLElement {
  return h('section.panel', { style: `grid-area: ${area}` }, h('h2', {}, title), ...children);
}

/** Several panels under one title. */
export function together(area: string, title: string, ...parts: Panel[]): Panel {
  return group(section(area, title, ...parts.map((part) => part.element)), parts);
}

/** Several panels in one element. */
export function group(element: HTMLElement, parts: Panel[]): Panel {
  return {
    element,
    codes: parts.flatMap((part) => part.codes),
    trends: parts.flatMap((part) => part.trends ?? []),
    update: () => parts.forEach((part) => part.update?.()),
    dispose: () => parts.forEach((part) => part.dispose?.()),
  };
}
