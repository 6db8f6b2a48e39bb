// The district's map, where one is configured: a GeoJSON whose features carry the town's code of nine (or twelve)
// digits in any property.
import { registerMap } from './charts';

const MAP = new URL('map', window.location.href);
export const NAME = 'district';

interface GeoJson {
  type: string;
  features: { properties: Record<string, unknown> | null }[];
}

let towns: Set<string> | null = null;

/** Towns that the map shows; null where there is no map. */
export const mapped = (): Set<string> | null => towns;

export async function loadMap(): Promise<void> {
  const response = await fetch(MAP, { signal: AbortSignal.timeout(15_000) });
  if (response.status !== 200) return;
  const map = (await response.json()) as GeoJson;
  const found = new Set<string>();
  for (const feature of map.features) {
    const values = Object.values(feature.properties ?? {}).map(String);
    const code = values.map((value) => /^(\d{9})(000)?$/.exec(value)?.[1]).find((value) => value !== undefined);
    // ECharts finds a feature by its name.
    feature.properties = { name: code ?? '' };
    if (code) found.add(code);
  }
  if (found.size === 0) return;
  registerMap(NAME, map as unknown as Parameters<typeof registerMap>[1]);
  towns = found;
}
