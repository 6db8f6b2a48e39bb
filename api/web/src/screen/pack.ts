// Boxes in columns: which stand on which sheet, and how the room that is left is shared out.

export interface Size {
  index: number;
  /** Columns that it goes over. */
  span: number;
  height: number;
  /** Its part of the room that is left. */
  grow: number;
}

export interface Place extends Size {
  column: number;
  top: number;
}

type Choice = 'lowest' | 'first';

/** The sheets on which all boxes stand, as few as a few ways of placing them give. */
export function pack(sizes: Size[], columns: number, room: number, gap: number): Place[][] {
  // What does not grow stands on top in any case.
  const tall = [...sizes].sort((a, b) => Math.sign(a.grow) - Math.sign(b.grow) || b.span - a.span || b.height - a.height);
  const ways: [Size[], Choice][] = [
    [sizes, 'lowest'],
    [sizes, 'first'],
    [tall, 'lowest'],
    [tall, 'first'],
  ];
  const tried = ways.map(([order, choice]) => sheetsOf(order, choice, columns, room, gap));
  const fewest = Math.min(...tried.map(({ length }) => length));
  return tried.find(({ length }) => length === fewest) ?? [];
}

function sheetsOf(order: Size[], choice: Choice, columns: number, room: number, gap: number): Place[][] {
  const sheets: Place[][] = [];
  for (let rest = order; rest.length > 0; ) {
    const bottoms = new Array<number>(columns).fill(0);
    const sheet: Place[] = [];
    const left: Size[] = [];
    for (const size of rest) {
      const column = columnFor(size, bottoms, choice, room);
      if (column === null) {
        left.push(size);
        continue;
      }
      const top = Math.max(...bottoms.slice(column, column + size.span));
      sheet.push({ ...size, column, top });
      bottoms.fill(top + size.height + gap, column, column + size.span);
    }
    sheets.push(sheet);
    rest = left;
  }
  return sheets;
}

/** Where a box fits: in the first such column, or where it stands highest; null: nowhere on this sheet. */
function columnFor({ span, height }: Size, bottoms: number[], choice: Choice, room: number): number | null {
  let found: { column: number; top: number } | null = null;
  for (let column = 0; column + span <= bottoms.length; column += 1) {
    const top = Math.max(...bottoms.slice(column, column + span));
    if (top + height > room) continue;
    if (found === null || top < found.top) found = { column, top };
    if (choice === 'first') break;
  }
  return found?.column ?? null;
}

/** The same boxes, grown until their columns are full. */
export function stretch(sheet: Place[], columns: number, room: number, gap: number): Place[] {
  const order = [...sheet].sort((a, b) => a.top - b.top || a.index - b.index);
  // From the lowest up: what a box and those under it need at least, and how many parts of the room that is left they
  // want, each over the columns that they have in common.
  const needed = new Array<number>(columns).fill(-gap);
  const parts = new Array<number>(columns).fill(0);
  const under = new Map<Place, { needed: number; parts: number }>();
  for (const place of [...order].reverse()) {
    const [from, to] = [place.column, place.column + place.span];
    const all = {
      needed: Math.max(...needed.slice(from, to)) + place.height + gap,
      parts: Math.max(...parts.slice(from, to)) + place.grow,
    };
    needed.fill(all.needed, from, to);
    parts.fill(all.parts, from, to);
    under.set(place, all);
  }
  const bottoms = new Array<number>(columns).fill(0);
  return order.map((place) => {
    const [from, to] = [place.column, place.column + place.span];
    const top = Math.max(...bottoms.slice(from, to));
    const all = under.get(place) ?? { needed: 0, parts: 0 };
    const slack = Math.max(0, room - top - all.needed);
    const height = place.height + (all.parts > 0 ? (slack * place.grow) / all.parts : 0);
    bottoms.fill(top + height + gap, from, to);
    return { ...place, top, height };
  });
}
