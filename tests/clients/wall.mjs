// What the tests of the big screen share: a Chromium, perhaps with certain fonts only, and a wall in it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chromium } from 'playwright-core';
import { document, token, url } from './common.mjs';

// Liveness limits: ten times and more what is expected.
export const PATIENCE = 60_000;
export const base = new URL(url).origin;
export const pictures = process.env.SCREENS;
mkdirSync(pictures, { recursive: true });

export const PAGES = ['overview', 'assistance', 'eldercare', 'governance'];

/** A question of the screen, asked by ourselves. */
export async function ask(name, variables) {
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
export { indicators };
export const district = viewer.roles.find(({ role }) => role === 'SCREEN').scope.slice(0, 6);
export const today = viewer.businessDate;
export const half = { year: Number(today.slice(0, 4)), half: Number(today.slice(5, 7)) <= 6 ? 'H1' : 'H2' };

/** A machine with this font and no other: what fontconfig has to be told. */
function only(family) {
  const found = execFileSync('fc-list', ['--format', '%{file}\n', family], { encoding: 'utf8' }).trim().split('\n');
  assert.ok(found[0], `${family} is not installed: run tests/run`);
  const folder = mkdtempSync(join(tmpdir(), 'fonts-'));
  for (const file of new Set(found)) symlinkSync(file, join(folder, basename(file)));
  const told = join(folder, 'fonts.conf');
  writeFileSync(told, `<?xml version="1.0"?><fontconfig><dir>${folder}</dir><cachedir>${folder}/cache</cachedir></fontconfig>`);
  return told;
}

/** A Chromium; with a family: on a machine that has no other font. */
export const browse = (family = null) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    env: family === null ? process.env : { ...process.env, FONTCONFIG_FILE: only(family) },
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

/** A wall, with everything noted that should not happen on it. */
export async function wall(browser, width, height, fragment) {
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

/** Waits until the wall shows figures. */
export const shown = (page) =>
  page.waitForFunction(
    () => document.querySelector('[data-code="F1"]')?.dataset.value !== undefined && document.querySelector('.notice').hidden,
    null,
    { timeout: PATIENCE },
  );

/** Does something that makes the wall ask, and waits until the answer stands there. */
export async function answered(page, act) {
  const came = page.waitForResponse(
    (response) => response.url() === url && response.request().postData().includes('query Screen('),
    { timeout: PATIENCE },
  );
  await act();
  await (await came).finished();
  // The answer is drawn in the task after it came.
  await page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => done()), 50)));
}

/** Turns to a page, counted from 0. */
export const turn = (page, index) => answered(page, () => page.keyboard.press(String(index + 1)));

/** Runs `look` on every sheet of the page that is shown. */
export async function sheets(page, look) {
  for (let sheet = 1; ; sheet += 1) {
    await look(sheet);
    const [, at, all] = /(\d+)\/(\d+)$/.exec(await page.textContent('.tab.current')) ?? [];
    if (at === all) return;
    await page.keyboard.press('ArrowRight');
  }
}
