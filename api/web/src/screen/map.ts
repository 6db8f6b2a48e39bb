// The district's map: where one is configured, a GeoJSON whose features carry the town's code of nine (or twelve) digits
// in any property; else a tile for each town, which tells towns apart and not where they lie.
import { registerMap } from './charts';

const MAP = new URL('map', window.location.href);
export const NAME = 'district';

interface GeoJson {
  type: 'FeatureCollection';
  features: { type: 'Feature'; properties: Record<string, unknown> | null; geometry: unknown }[];
}

let given = false;
let tiled = '';

/** Whether the map is the configured one. */
export const isGiven = (): boolean => given;

export async function loadMap(): Promise<void> {
  const response = await fetch(MAP, { signal: AbortSignal.timeout(15_000) });
  if (response.status !== 200) return;
  const map = (await response.json()) as GeoJson;
  for (const feature of map.features) {
    const values = Object.values(feature.properties ?? {}).map(String);
    const code = values.map((value) => /^(\d{9})(000)?$/.exec(value)?.[1]).find((value) => value !== undefined);
    // ECharts finds a feature by its name.
    feature.properties = { name: code ?? '' };
    given ||= code !== undefined;
  }
  if (given) register(map);
}

/** Tiles for these towns, in a place so many times as wide as high; the width of one as a share of all. */
export function tile(codes: string[], shape: number): number {
  const columns = Math.max(1, Math.round(Math.sqrt(codes.length * shape)));
  const now = [columns, ...codes].join();
  if (now !== tiled) register({ type: 'FeatureCollection', features: codes.map((code, index) => hexagon(code, index, columns)) });
  tiled = now;
  return 1 / (columns + (codes.length > columns ? 0.5 : 0));
}

const register = (map: GeoJson): void => registerMap(NAME, map as unknown as Parameters<typeof registerMap>[1]);

/** One of width 1, in rows of which every second one is moved by half; the first row is the northernmost. */
function hexagon(code: string, index: number, columns: number): GeoJson['features'][number] {
  const row = Math.floor(index / columns);
  const x = (index % columns) + (row % 2) / 2;
  const side = 1 / Math.sqrt(3);
  const y = -row * side * 1.5;
  const corners = [30, 90, 150, 210, 270, 330, 30].map((degrees) => {
    const angle = (degrees * Math.PI) / 180;
    return [x + side * Math.cos(angle), y + side * Math.sin(angle)];
  });
  return { type: 'Feature', properties: { name: code }, geometry: { type: 'Polygon', coordinates: [corners] } };
}
