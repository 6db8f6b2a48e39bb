// The big screen in a real Chromium: every number against the API, figures that change while it stands, a server that
// goes away and comes back, a wall that is signed in by a code. What must be done beside it is asked of the test on
// standard output. Sizes and fonts: walls.mjs.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { token } from './common.mjs';
import { answered, ask, browse, district, half, indicators, PAGES, PATIENCE, pictures, sheets, shown, today, turn, wall } from './wall.mjs';

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Lets the test import, stop or start something. */
async function act(what) {
  console.log(`do ${what}`);
  assert.equal((await answers.next()).value, 'done');
}

const units = new Map(indicators.map(({ code, unit }) => [code, unit]));

/** What the wall has to write for a value, told once more and in another way. */
function written(value, unit) {
  const grouped = (number, decimals) =>
    number.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace('-', '−');
  const number = Number(value);
  const large = unit === '万元' ? [[1e4, 1e4]] : [[1e8, 1e8], [1e4, 1e4]];
  const size = Math.abs(number);
  for (const [from, by] of large) {
    // Half-up on hundredths of the unit, in integers.
    if (size >= from) return grouped((Math.sign(number) * Math.round((Math.round(size * 100) / by) + 1e-9)) / 100, 2);
  }
  return grouped(number, (value.split('.')[1] ?? '').length);
}

/** All values of the page, as they stand there. */
const values = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('[data-code]')].map((place) => ({
      code: place.dataset.code,
      span: place.dataset.span ?? null,
      town: place.dataset.town ?? null,
      value: place.dataset.value,
      hidden: place.classList.contains('hidden-value'),
      text: place.querySelector('b').textContent,
    })),
  );

/** Compares every value of the page with the API. */
async function compare(page, division, period, what) {
  const places = await values(page);
  const told = (set, code) => set.figures.figures.find((figure) => figure.code === code);
  const codes = [...new Set(places.map(({ code }) => code).filter((code) => units.has(code)))];
  const [, last] = period.month ? [0, period.month] : [0, period.half === 'H2' ? 12 : 6];
  const question = (place, time, by) => ask('screen', { division: place, district, period: time, codes, trends: codes.slice(0, 1), by, towns: true });
  const now = await question(division, period, 'F1');
  const spans = {
    month: await question(division, { year: period.year, month: Math.min(last, half.year === period.year ? Number(today.slice(5, 7)) : 12) }, 'F1'),
    year: await question(division, { year: period.year }, 'F1'),
  };
  const ranked = new Map();
  let compared = 0;
  for (const { code, span, town, value, hidden, text } of places) {
    const where = `${what}: ${code} ${span ?? ''} ${town ?? ''}`;
    if (!units.has(code)) {
      assert.equal(text, '—', `${where} is not in the catalogue`);
      continue;
    }
    let figure = told(span ? spans[span] : now, code);
    if (town) {
      if (!ranked.has(code)) ranked.set(code, await question(division, period, code));
      const { towns } = ranked.get(code);
      figure = towns.figures[0].breakdown.nodes.find((node) => node.division.code.startsWith(town));
    }
    assert.ok(figure, where);
    assert.equal(value, figure.value ?? '', where);
    assert.equal(hidden, figure.suppressed, where);
    // Of what was never reported no number stands, in whatever time.
    const none = !town && told(now, code).reason === 'NOT_REPORTED' ? '暂未上报' : '—';
    const expected = figure.suppressed ? '＊' : figure.value === null ? none : written(figure.value, units.get(code));
    assert.equal(text, expected, where);
    compared += 1;
  }
  const growths = await page.evaluate(() => [...document.querySelectorAll('[data-compared]')].map((place) => ({
    code: place.dataset.compared,
    text: place.textContent,
    way: Number(place.classList.contains('rising')) - Number(place.classList.contains('falling')),
    english: document.documentElement.lang.startsWith('en'),
  })));
  for (const { code, text, way, english } of growths.filter(({ code }) => units.has(code))) {
    const growth = told(now, code).yearOnYear;
    assert.equal(way, Math.sign(Number(growth)) || 0, `${what}: way of ${code}`);
    const size = Math.abs(growth).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const same = english ? 'no change' : '持平';
    const expected = growth === null ? '' : way === 0 ? same : `${size}${units.get(code) === '%' ? ' pp' : '%'}`;
    assert.equal(text, expected, `${what}: growth of ${code}`);
  }
  return compared;
}

const browser = await browse();

// Without a token it shows a code, and how a screen is signed in; a code that somebody else has is none.
{
  const { page, wrong } = await wall(browser, 1920, 1080, 'pause=1');
  await page.waitForFunction(() => document.querySelector('.notice .code')?.textContent, null, { timeout: PATIENCE });
  assert.match(await page.textContent('.notice'), /#token=/);
  const code = await page.textContent('.notice .code');
  assert.match(code, /^[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}$/);
  const other = await wall(browser, 1920, 1080, 'pause=1');
  await other.page.waitForFunction(() => document.querySelector('.notice .code')?.textContent, null, { timeout: PATIENCE });
  await act(`confirm ${code}`);
  await shown(page);
  assert.equal(await other.page.isVisible('.notice .code'), true, 'the code was of one wall');
  assert.deepEqual([...wrong, ...other.wrong], []);
  await page.context().close();
  await other.page.context().close();
}

// Every page in both languages, every number of every sheet.
for (const lang of ['zh', 'en']) {
  const { page, wrong, asked } = await wall(browser, 1920, 1080, `token=${token}&lang=${lang}&pause=1`);
  await shown(page);
  assert.ok(!page.url().includes('token'), 'the token leaves the address');
  assert.ok(asked.length <= 4, `a session, the catalogue, the page: ${asked.length} questions`);
  for (const [index, name] of PAGES.entries()) {
    if (index > 0) await turn(page, index);
    await sheets(page, async (sheet) => {
      await page.screenshot({ path: join(pictures, `${name}-${lang}-${sheet}.png`) });
    });
    if (lang === 'en') continue;
    const compared = await compare(page, district, half, name);
    assert.ok(compared > 5, `${name}: ${compared} numbers`);
  }
  assert.deepEqual(wrong, []);
  await page.context().close();
}

const { page, wrong } = await wall(browser, 1920, 1080, `token=${token}&pause=1&rotate=5`);
await shown(page);

// It comes back by itself, without the token.
await page.reload();
await shown(page);

// A month, frozen; then back to now.
await answered(page, () =>
  page.evaluate(() => {
    location.hash = '#at=2023-05&pause=1';
    location.reload();
  }),
);
assert.match(await page.textContent('.period'), /2023年5月/);
await compare(page, district, { year: 2023, month: 5 }, 'frozen');
await answered(page, () => page.keyboard.press('0'));
assert.match(await page.textContent('.period'), /上半年/);

// Into a town by keys, and back.
await page.keyboard.press('ArrowDown');
const code = await page.getAttribute('.town.pointed', 'data-row');
await answered(page, () => page.keyboard.press('Enter'));
assert.equal(await page.textContent('.place'), await page.textContent('.town.here .name'));
await compare(page, code, half, 'a town');
await answered(page, () => page.keyboard.press('Escape'));
await compare(page, district, half, 'back in the district');

// Where a map is configured it is drawn, and a click on it drills down too.
if (process.env.MAP) {
  const shapes = page.locator('.map svg path');
  assert.ok((await shapes.count()) >= Number(process.env.MAP), 'the towns of the map');
  await answered(page, () => shapes.first().click({ force: true })); // the name lies over it
  assert.equal(await page.textContent('.place'), await page.textContent('.town.here .name'));
  await answered(page, () => page.keyboard.press('Escape'));
}

// A payment comes in while it stands: the number, the ticker.
const value = (of) => page.evaluate((of) => document.querySelector(`[data-code="${of}"]:not([data-span]):not([data-town])`).dataset.value, of);
const before = await value('F8');
const becomes = (other) =>
  page.waitForFunction((other) => document.querySelector('[data-code="F8"]:not([data-span]):not([data-town])').dataset.value !== other, other, { timeout: PATIENCE });
await act('import first');
await becomes(before);
await page.waitForSelector('[data-change="F8"]', { timeout: PATIENCE });
// A page that is turned to asks at once.
await turn(page, 0);
await compare(page, district, half, 'after an import');
assert.deepEqual(wrong, []);

// The server goes away: the last figures stay, and the wall says so. It comes back: the wall goes on by itself.
const last = await values(page);
await act('stop');
await page.waitForSelector('.age.broken', { timeout: PATIENCE });
assert.deepEqual(await values(page), last);
await page.screenshot({ path: join(pictures, 'server-away-1080.png') });
const now = await value('F8');
await act('start');
await act('import second');
await becomes(now);
await page.waitForFunction(() => !document.querySelector('.age.broken'), null, { timeout: PATIENCE });
await turn(page, 0);
await compare(page, district, half, 'after a restart');
// While it was away the browser says that it could not connect; nothing else.
assert.deepEqual(wrong.filter((text) => !/ERR_CONNECTION|ERR_EMPTY_RESPONSE|WebSocket connection|ERR_SOCKET/.test(text)), []);

// Weeks of pages: what the wall holds does not grow.
const held = () => page.evaluate(() => document.querySelectorAll('*').length);
const round = async () => {
  for (const index of PAGES.keys()) {
    await page.keyboard.press(String(index + 1));
    await page.waitForTimeout(40);
  }
};
await round();
await turn(page, 0);
const first = await held();
for (let index = 0; index < 15; index += 1) await round();
await turn(page, 0);
const after = await held();
assert.ok(after <= first + 40, `${first} elements became ${after}`);

await browser.close();
console.log('screen: ok');
process.exit(0);
