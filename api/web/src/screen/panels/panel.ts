// A panel is a part of a page: it names the figures that it shows, so that one question asks for all of a page's.
import { h } from '../dom';
import type { Store } from '../store';

export interface Panel {
  element: HTMLElement;
  /** Figures shown; `D73` stands for its parts too. */
  codes: string[];
  /** Figures of which the last months are shown. */
  trends?: string[];
  /** Columns that it goes over; one where it is left out. */
  span?: number;
  /** Its part of the room that is left in its column; 0: it stays as it is. */
  grow?: number;
  /** Puts in what depends on the figures and changes the size. */
  update?(): void;
  /** Chooses what depends on the width that it is given. */
  fit?(): void;
  /** Draws what takes the size that it is given. */
  draw?(): void;
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
  /** Whether its type is for readers far away. */
  large(): boolean;
}

/** A panel's frame: a title, and what stands under it. */
export function section(title: string, ...children: (HTMLElement | null)[]): HTMLElement {
  return h('section.panel', { 'data-panel': title }, h('h2', {}, title), ...children);
}

/** Several parts under one title. */
export function titled(title: string, ...parts: Panel[]): Panel {
  return group(section(title, ...parts.map((part) => part.element)), parts);
}

/** Two parts beside each other. */
export function abreast(...parts: Panel[]): Panel {
  return group(h('div.abreast', {}, ...parts.map((part) => part.element)), parts);
}

/** Several parts in one element. */
function group(element: HTMLElement, parts: Panel[]): Panel {
  return {
    element,
    codes: parts.flatMap((part) => part.codes),
    trends: parts.flatMap((part) => part.trends ?? []),
    grow: Math.max(...parts.map((part) => part.grow ?? 1)),
    update() {
      for (const part of parts) part.update?.();
      // A panel in which nothing is told yet says nothing by its title alone.
      element.hidden = parts.every((part) => part.element.hidden);
    },
    draw: () => parts.forEach((part) => part.draw?.()),
    dispose: () => parts.forEach((part) => part.dispose?.()),
  };
}
