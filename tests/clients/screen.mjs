// The big screen in a real Chromium: both sizes, every number against the API, figures that change while it stands, a
// server that goes away and comes back. What must be done beside it is asked of the test on standard output.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { document, token, url } from './common.mjs';

// Liveness limits: ten times and more what is expected.
const PATIENCE = 60_000;
const base = new URL(url).origin;
const pictures = process.env.SCREENS;
mkdirSync(pictures, { recursive: true });

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Lets the test import, stop or start something. */
async function act(what) {
  console.log(`do ${what}`);
  assert.equal((await answers.next()).value, 'done');
}

async function ask(name, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: document(name), variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

const { viewer, indicators } = await ask('screen-start', {});
const district = viewer.roles.find(({ role }) => role === 'SCREEN').scope.slice(0, 6);
const units = new Map(indicators.map(({ code, unit }) => [code, unit]));
const today = viewer.businessDate;
const year = Number(today.slice(0, 4));
const half = { year, half: Number(today.slice(5, 7)) <= 6 ? 'H1' : 'H2' };

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

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** A wall, with everything noted that should not happen on it. */
async function wall(width, height, fragment) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const wrong = [];
  const asked = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.protocol.startsWith('http') && to.origin !== base) wrong.push(`asked outside: ${to}`);
    if (to.pathname === '/graphql') asked.push(to);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(base).host) wrong.push(`asked outside: ${socket.url()}`);
  });
  await page.goto(`${base}/screen#${fragment}`);
  return { page, wrong, asked };
}

const shown = (page) => page.waitForFunction(() => document.querySelector('[data-code="F1"]')?.dataset.value !== undefined && !document.querySelector('.notice:not([hidden])'), null, { timeout: PATIENCE });
/** Waits until the page has an answer that came after now. */
const settled = async (page) => {
  await page.waitForResponse((response) => response.url() === url && response.request().postData().includes('query Screen('), { timeout: PATIENCE });
  await page.waitForTimeout(300);
};

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
    month: await question(division, { year: period.year, month: Math.min(last, year === period.year ? Number(today.slice(5, 7)) : 12) }, 'F1'),
    year: await question(division, { year: period.year }, 'F1'),
  };
  let compared = 0;
  for (const { code, span, town, value, hidden, text } of places) {
    const where = `${what}: ${code} ${span ?? ''} ${town ?? ''}`;
    if (!units.has(code)) {
      assert.equal(text, '—', `${where} is not in the catalogue`);
      continue;
    }
    let figure = told(span ? spans[span] : now, code);
    if (town) {
      const { towns } = await question(division, period, code);
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
  const growths = await page.evaluate(() => [...document.querySelectorAll('[data-compared]')].map(({ dataset, textContent }) => [dataset.compared, textContent]));
  for (const [code, text] of growths.filter(([code]) => units.has(code))) {
    const growth = told(now, code).yearOnYear;
    const way = Number(growth) > 0 ? '▲' : Number(growth) < 0 ? '▼' : '–';
    const expected = growth === null ? '' : `${way} ${Math.abs(growth).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}${units.get(code) === '%' ? ' pp' : '%'}`;
    assert.equal(text, expected, `${what}: growth of ${code}`);
  }
  return compared;
}

/** Nothing is cut off: the page does not scroll, and no panel holds more than it shows. */
async function fits(page, what) {
  const over = await page.evaluate(() => {
    const root = document.documentElement;
    const found = [];
    if (root.scrollWidth > root.clientWidth || root.scrollHeight > root.clientHeight) found.push(`page ${root.scrollWidth}×${root.scrollHeight}`);
    const one = parseFloat(getComputedStyle(root).fontSize);
    for (const part of document.querySelectorAll('.wall, main, .column, .panel, .counter, .top, footer')) {
      if (part.scrollWidth > part.clientWidth + one / 4 || part.scrollHeight > part.clientHeight + one / 4) {
        found.push(`${part.className}: ${part.textContent.slice(0, 60)} ${part.scrollWidth}×${part.scrollHeight} in ${part.clientWidth}×${part.clientHeight}`);
      }
    }
    const small = [...document.querySelectorAll('.wall *')].filter((part) => part.childElementCount === 0 && part.textContent.trim() !== '' && parseFloat(getComputedStyle(part).fontSize) < one * 0.85);
    for (const part of small) found.push(`too small: ${part.textContent}`);
    return found;
  });
  assert.deepEqual(over, [], what);
}

// Without a token it says what to do, and asks nobody.
{
  const { page, wrong } = await wall(1920, 1080, '');
  await page.waitForSelector('.notice:not([hidden])', { timeout: PATIENCE });
  await page.waitForFunction(() => document.querySelector('.notice').textContent.includes('#token='), null, { timeout: PATIENCE });
  assert.deepEqual(wrong, []);
  await page.context().close();
}

// Every page, in both sizes and languages.
const PAGES = ['overview', 'assistance', 'eldercare', 'governance'];
for (const [width, height] of [[1920, 1080], [3840, 2160]]) {
  for (const lang of ['zh', 'en']) {
    const { page, wrong, asked } = await wall(width, height, `token=${token}&lang=${lang}&pause=1`);
    await shown(page);
    assert.ok(!page.url().includes('token'), 'the token leaves the address');
    assert.ok(asked.length <= 4, `a session, the catalogue, the page: ${asked.length} questions`);
    for (const [index, name] of PAGES.entries()) {
      if (index > 0) {
        const answered = settled(page);
        await page.keyboard.press(String(index + 1));
        await answered;
      }
      await fits(page, `${name} ${width} ${lang}`);
      if (lang === 'zh') {
        const compared = await compare(page, district, half, `${name} ${width}`);
        assert.ok(compared > 5, `${name}: ${compared} numbers`);
      }
      if (lang === 'zh' || index === 0) await page.screenshot({ path: join(pictures, `${name}-${lang}-${height}.png`) });
    }
    assert.deepEqual(wrong, []);
    await page.context().close();
  }
}

if (process.env.ONLY_PICTURES) {
  // For the README: smaller, since it is kept.
  const { page } = await wall(1600, 900, `token=${token}&pause=1`);
  await shown(page);
  await page.waitForTimeout(1000);
  await page.screenshot({ path: join(pictures, 'readme.png') });
  await browser.close();
  console.log('screen: pictures');
  process.exit(0);
}

const { page, wrong } = await wall(1920, 1080, `token=${token}&pause=1&rotate=5`);
await shown(page);

// It comes back by itself, without the token.
await page.reload();
await shown(page);

// A month, frozen; then back to now.
let answered = settled(page);
await page.evaluate(() => {
  location.hash = '#at=2023-05&pause=1';
  location.reload();
});
await answered;
assert.match(await page.textContent('.period'), /2023年5月/);
await compare(page, district, { year: 2023, month: 5 }, 'frozen');
answered = settled(page);
await page.keyboard.press('0');
await answered;
assert.match(await page.textContent('.period'), /上半年/);

// Into a town by keys, and back.
answered = settled(page);
await page.keyboard.press('ArrowDown');
const code = await page.getAttribute('.town.pointed', 'data-row');
await page.keyboard.press('Enter');
await answered;
assert.equal(await page.textContent('.place'), await page.textContent('.town.here .name'));
await compare(page, code, half, 'a town');
answered = settled(page);
await page.keyboard.press('Escape');
await answered;
await compare(page, district, half, 'back in the district');

// Where a map is configured it is drawn, and a click on it drills down too.
if (process.env.MAP) {
  const shapes = page.locator('.map svg path');
  assert.ok((await shapes.count()) >= Number(process.env.MAP), 'the towns of the map');
  answered = settled(page);
  await shapes.first().click({ force: true }); // the name lies over it
  await answered;
  assert.equal(await page.textContent('.place'), await page.textContent('.town.here .name'));
  answered = settled(page);
  await page.keyboard.press('Escape');
  await answered;
}

// A payment comes in while it stands: the number, the ticker.
const value = (of) => page.evaluate((of) => document.querySelector(`[data-code="${of}"]:not([data-span]):not([data-town])`).dataset.value, of);
const before = await value('F8');
const becomes = (other) =>
  page.waitForFunction((other) => document.querySelector('[data-code="F8"]:not([data-span]):not([data-town])').dataset.value !== other, other, { timeout: PATIENCE });
await act('import first');
await becomes(before);
await page.waitForSelector('[data-change="F8"]', { timeout: PATIENCE });
await settled(page);
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
answered = settled(page);
await answered;
await compare(page, district, half, 'after a restart');
// While it was away the browser says that it could not connect; nothing else.
assert.deepEqual(wrong.filter((text) => !/ERR_CONNECTION|ERR_EMPTY_RESPONSE|WebSocket connection|ERR_SOCKET/.test(text)), []);

// Weeks of pages: what the wall holds does not grow.
const held = () => page.evaluate(() => document.querySelectorAll('*').length);
const round = async () => {
  for (let index = 0; index < PAGES.length; index += 1) {
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(80);
  }
};
await round();
await settled(page);
const first = await held();
for (let index = 0; index < 15; index += 1) await round();
await settled(page);
const after = await held();
assert.ok(after <= first + 40, `${first} elements became ${after}`);

await browser.close();
console.log('screen: ok');
process.exit(0);
