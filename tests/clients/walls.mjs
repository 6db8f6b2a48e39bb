// The big screen with the fonts that machines have, in the sizes that walls have: every figure that the API tells stands
// on it, nothing lies over anything else, and nothing is cut off or too small.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { token } from './common.mjs';
import { answered, ask, browse, district, half, indicators, PAGES, PATIENCE, pictures, sheets, shown, turn, wall } from './wall.mjs';

const FONTS = ['Noto Sans CJK SC', 'WenQuanYi Micro Hei', 'WenQuanYi Zen Hei', 'Droid Sans Fallback'];
const SIZES = [[1366, 768], [1920, 1080], [3840, 2160], [3840, 960]];

// What the API tells of the district: a figure, or that it is hidden.
const codes = indicators.filter(({ kind }) => !['TEXT', 'DATE'].includes(kind)).map(({ code }) => code);
const told = new Set();
for (let at = 0; at < codes.length; at += 100) {
  const part = codes.slice(at, at + 100);
  const { figures } = await ask('screen', { division: district, district, period: half, codes: part, trends: part.slice(0, 1), by: 'F1', towns: false });
  for (const { code, value, suppressed } of figures.figures) if (value !== null || suppressed) told.add(code);
}
const { towns } = await ask('screen', { division: district, district, period: half, codes: ['F1'], trends: ['F1'], by: 'F1', towns: true });
const townCount = towns.figures[0].breakdown.nodes.length;
assert.ok(told.size > 60 && townCount > 10, `a district to look at: ${told.size} figures, ${townCount} towns`);

/** What stands on a sheet, and what is wrong with it. Runs in the page. */
function look(least) {
  const wrong = [];
  const text = (part) => part.textContent.trim().slice(0, 30);
  // Boxes of all words: of HTML by text node, of charts by element.
  const words = [];
  const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.textContent.trim() === '' || node.parentElement.closest('svg')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 0) words.push({ node, text: text(node), box, in: node.parentElement });
  }
  for (const part of document.querySelectorAll('.wall svg text')) {
    const box = part.getBoundingClientRect();
    if (box.width > 0) words.push({ node: part, text: text(part), box, in: part });
  }
  const edge = 1.5;
  for (const word of words) {
    const frame = word.in.closest('.town, .counter, .panel, .ticker-list, .top, footer').getBoundingClientRect();
    const { box } = word;
    if (box.left < frame.left - edge || box.right > frame.right + edge || box.top < frame.top - edge || box.bottom > frame.bottom + edge) {
      wrong.push(`cut off: ${word.text}`);
    }
    // A chart's own type is told by its box.
    const size = word.in.closest('svg') ? parseFloat(getComputedStyle(word.in).fontSize) : parseFloat(getComputedStyle(word.in).fontSize) * (word.in.currentCSSZoom ?? 1);
    if (size < least) wrong.push(`too small, ${size.toFixed(1)} of ${least.toFixed(1)}: ${word.text}`);
  }
  for (const [index, one] of words.entries()) {
    for (const other of words.slice(index + 1)) {
      if (one.node === other.node) continue;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (wide > edge && high > edge) wrong.push(`over each other: ${one.text} and ${other.text}`);
    }
  }
  for (const box of document.querySelectorAll('.wall, main, .panel, .counter, .top, footer, .ticker-list')) {
    if (box.clientWidth > 0 && (box.scrollWidth > box.clientWidth + edge || box.scrollHeight > box.clientHeight + edge)) {
      wrong.push(`holds more than it shows: ${box.className} ${text(box)} ${box.scrollWidth}×${box.scrollHeight} in ${box.clientWidth}×${box.clientHeight}`);
    }
  }
  const seen = (part) => part.getClientRects().length > 0;
  return {
    wrong: [...new Set(wrong)],
    codes: [...document.querySelectorAll('[data-code]:not([data-town])')].filter(seen).map(({ dataset }) => dataset.code),
    towns: [...document.querySelectorAll('.town')].filter(seen).length,
  };
}

/** All sheets of all pages; the figures that stand there. `kept`: with pictures, which take longer than all the rest. */
async function all(page, least, name, kept) {
  const there = new Set();
  for (const [index, of] of PAGES.entries()) {
    await turn(page, index);
    let listed = 0;
    await sheets(page, async (sheet) => {
      const { wrong, codes, towns } = await page.evaluate(look, least);
      if (kept || wrong.length > 0) await page.screenshot({ path: join(pictures, `${name}-${of}-${sheet}.png`) });
      assert.deepEqual(wrong, [], `${name} ${of} ${sheet}`);
      for (const code of codes) there.add(code);
      listed = Math.max(listed, towns);
    });
    assert.equal(listed, townCount, `${of}: towns`);
  }
  return there;
}

for (const family of FONTS) {
  const browser = await browse(family);
  const { page, wrong } = await wall(browser, 1920, 1080, `token=${token}&pause=1`);
  await shown(page);
  assert.ok(await page.evaluate(() => document.fonts.check('16px Wall')), 'the wall has its letters');
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    const least = 0.9 * Math.min(width / 96, height / 54);
    const there = await all(page, least, `${family.replaceAll(' ', '-')}-${width}x${height}`, family === FONTS[0] && width < 3840);
    const lost = [...told].filter((code) => !there.has(code));
    assert.deepEqual(lost, [], `${family} ${width}×${height}: lost`);
  }
  assert.deepEqual(wrong, []);
  await browser.close();
}

// For readers far away: the smallest type is a fortieth of the height and more, and nothing is lost by it. In English
// words are longer.
{
  const browser = await browse();
  for (const [name, setting, least] of [['large', 'size=large', 1080 / 40], ['english', 'lang=en', 18]]) {
    const { page } = await wall(browser, 1920, 1080, `token=${token}&pause=1&${setting}`);
    await shown(page);
    const there = await all(page, least, name, true);
    assert.deepEqual([...told].filter((code) => !there.has(code)), [], `${name}: lost`);
    await page.context().close();
  }
  // From the first minute there is something at the foot, and it moves on; and a map, of tiles where none is configured.
  const second = await wall(browser, 1600, 900, `token=${token}&pause=1`);
  await shown(second.page);
  const { page: alive } = second;
  assert.ok((await alive.locator('.map svg path').count()) >= townCount, 'a tile for each town');
  await alive.waitForSelector('[data-month]:not([hidden])', { timeout: PATIENCE });
  const months = () => alive.evaluate(() => [...document.querySelectorAll('[data-month]:not([hidden])')].map(({ dataset }) => dataset.month).join());
  const before = await months();
  await alive.waitForFunction((before) => [...document.querySelectorAll('[data-month]:not([hidden])')].map(({ dataset }) => dataset.month).join() !== before, before, { timeout: PATIENCE });
  // For the README: smaller, since it is kept.
  await alive.screenshot({ path: join(pictures, 'readme.png') });
  // A click on a tile drills down, as one on a line does.
  await answered(alive, () => alive.locator('.map svg path').first().click({ force: true }));
  assert.equal(await alive.textContent('.place'), await alive.textContent('.town.here .name'));
  assert.deepEqual(second.wrong, []);
  await browser.close();
}

console.log('walls: ok');
process.exit(0);
