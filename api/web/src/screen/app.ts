// The wall at work: which page, place and time it shows, when it asks, and what the keys do. It has three timers and no
// more, however long it stands: the clock's, the next question's and the next page's.
import start from '../../../documents/screen-start.graphql?raw';
import page from '../../../documents/screen.graphql?raw';
import { Problem, Refused, Unreachable, type PageAnswer, type Start } from './api';
import { h } from './dom';
import { act } from './keys';
import { Layout } from './layout';
import { Live } from './live';
import { loadMap } from './map';
import { Notice } from './notice';
import { legend, PAGES, type Page } from './pages';
import { paint } from './paint';
import { header, type HeaderState } from './panels/header';
import type { Panel, Wall } from './panels/panel';
import { ticker } from './panels/ticker';
import { halfOf, nextLength, periodCode, step, type Period } from './period';
import { Session } from './session';
import { keep, type Settings } from './settings';
import { Store } from './store';
import { pick, speak } from './texts';

/** Milliseconds between two questions while nothing changes, and after one that failed. */
const ASK_EVERY = 30_000;
const ASK_AGAIN = 5_000;
/** Changes come in bursts: an import is asked about once they have settled. */
const SETTLED = 1_500;
/** A reconnection shorter than this is nobody's business. */
const BROKEN_AFTER = 3_000;

export class App implements Wall {
  readonly store = new Store();
  private readonly session: Session;
  private live: Live | null = null;
  private panels: Panel[] = [];
  private readonly body = h('main');
  private readonly layout = new Layout(this.body);
  private readonly frame = h('div.wall');
  private readonly notice = new Notice();
  private top: ReturnType<typeof header> | null = null;
  private bottom: ReturnType<typeof ticker> | null = null;

  private district = '';
  /** Nine digits of the only town that this screen may show. */
  private home: string | null = null;
  private inside: string | null;
  private at = 0;
  /** Which part of the page, where not all of it fits onto the wall at once. */
  private sheet = 0;
  private chosen: string;
  private pointer = -1;
  private lost: number | null = null;
  private answered: number | null = null;
  private asking = 0;
  private relearn = false;
  private asker: number | undefined;
  private turner: number | undefined;

  constructor(
    private readonly settings: Settings,
    token: string | null,
  ) {
    this.session = new Session(token);
    this.inside = settings.town;
    this.at = Math.max(0, PAGES.findIndex(({ key }) => key === settings.page));
    this.chosen = settings.by ?? this.page.by[0] ?? 'F1';
    speak(settings.lang);
    document.body.append(this.frame, this.notice.element);
    document.documentElement.classList.toggle('large', settings.large);
    document.addEventListener('keydown', (event) => {
      if (this.top) act(event, this.keys);
    });
    // Sizes are in pixels: all is measured and drawn again for another wall.
    window.addEventListener('resize', () => this.update());
    window.setInterval(() => this.tick(), 1000);
  }

  // What panels ask.
  town = (): string | null => this.inside;
  by = (): string => this.chosen;
  pointed = (): number => this.pointer;
  large = (): boolean => this.settings.large;
  enter = (town: string): void => this.move(town);
  nextBy = (): void => {
    const offered = this.page.by.filter((code) => this.store.catalogue.has(code));
    this.chosen = offered[(offered.indexOf(this.chosen) + 1) % offered.length] ?? this.chosen;
    this.store.clearTowns();
    void this.refresh();
  };

  private get page(): Page {
    return PAGES[this.at] ?? (PAGES[0] as Page);
  }

  private get period(): Period {
    return this.settings.at ?? halfOf(this.store.today);
  }

  /** Asks what there is, until there is an answer; then the wall goes on by itself. */
  async run(): Promise<void> {
    this.notice.tell(pick('正在连接…', 'Connecting …'));
    for (let wait = 500; ; wait = Math.min(5_000, wait * 2)) {
      try {
        const { viewer, indicators } = await this.session.ask<Start>(start, {});
        const scope = viewer.roles.find(({ role }) => role === 'SCREEN')?.scope ?? '';
        if (!/^\d{6}/.test(scope)) throw new Refused();
        this.district = scope.slice(0, 6);
        // A screen in a town's hall shows the town and nothing else.
        this.home = /^\d{6}(?!000)\d{3}/.exec(scope)?.[0] ?? null;
        this.inside = this.home ?? this.inside;
        this.store.today = viewer.businessDate;
        this.store.learn(indicators);
        break;
      } catch (error) {
        this.fail(error);
        await new Promise((resolve) => window.setTimeout(resolve, wait));
      }
    }
    await loadMap().catch(() => undefined); // without it there are tiles
    // Nothing is measured in another font than the wall's own.
    await Promise.allSettled([400, 700].map((weight) => document.fonts.load(`${weight} 16px Wall`, '0')));
    this.build();
    this.live = new Live(this.session, {
      changed: ({ asOf, figures }) => {
        this.answered = performance.now();
        const changed = this.store.note(figures, asOf);
        if (changed.length === 0) return;
        this.update(changed);
        this.askIn(SETTLED);
      },
      connected: (stands) => {
        if (!stands) this.lost ??= performance.now();
        else if (this.lost !== null) {
          this.lost = null;
          // What comes back may be a newer program with other figures.
          this.relearn = true;
          this.askIn(0);
        }
      },
      refused: () => this.session.refused(),
    });
    this.follow();
    await this.refresh();
    this.turnLater();
  }

  /** The one question of a page. */
  private async refresh(): Promise<void> {
    window.clearTimeout(this.asker);
    const number = ++this.asking;
    if (this.relearn) await this.learn();
    if (number !== this.asking) return;
    const codes = this.store.known(['F0', ...this.panels.flatMap((panel) => panel.codes)]);
    const trends = this.store.known(this.panels.flatMap((panel) => panel.trends ?? []));
    const offered = [this.chosen, ...this.page.by].find((code) => this.store.catalogue.has(code));
    this.chosen = offered ?? 'F1';
    const variables = {
      division: this.inside ?? this.district,
      district: this.district,
      period: this.period,
      codes,
      trends: trends.length > 0 ? trends : codes.slice(0, 1),
      by: this.chosen,
      towns: this.home === null,
    };
    let again = ASK_EVERY;
    try {
      const answer = await this.session.ask<PageAnswer>(page, variables);
      // Another place, time or page was asked for meanwhile.
      if (number !== this.asking) return;
      const before = periodCode(this.period);
      const known = this.store.asOf !== null;
      const old = new Map([...this.store.figures].map(([code, { value }]) => [code, value]));
      this.store.take(answer);
      this.answered = performance.now();
      if (before !== periodCode(this.period)) {
        // A new half-year has begun.
        this.store.forget();
        this.follow();
        again = 0;
      }
      this.update(known ? codes.filter((code) => old.has(code) && old.get(code) !== this.store.figures.get(code)?.value) : []);
      this.notice.tell(null);
    } catch (error) {
      if (number !== this.asking) return;
      this.fail(error);
      again = ASK_AGAIN;
    }
    this.askIn(again);
  }

  /** The catalogue again. */
  private async learn(): Promise<void> {
    try {
      const { indicators } = await this.session.ask<Start>(start, {});
      const known = [...this.store.catalogue.keys()].join();
      this.relearn = false;
      if (indicators.map(({ code }) => code).join() === known) return;
      this.store.learn(indicators);
      this.build();
      this.follow();
    } catch (error) {
      this.fail(error);
    }
  }

  private askIn(milliseconds: number): void {
    window.clearTimeout(this.asker);
    this.asker = window.setTimeout(() => void this.refresh(), milliseconds);
  }

  private follow(): void {
    const all = PAGES.flatMap((page) => page.panels(this)).flatMap((panel) => panel.codes);
    this.live?.follow({
      division: this.inside ?? this.district,
      period: this.period,
      codes: this.store.known(all),
    });
  }

  private fail(error: unknown): void {
    if (error instanceof Refused) {
      // Without a session the wall shows nothing: whoever ended it wanted that.
      this.store.forget();
      void this.session.pair((code) => this.notice.code(code)).then(() => this.top && this.askIn(0));
    } else if (error instanceof Problem) {
      // It may not know a figure any more that we ask for.
      this.relearn = true;
      if (this.store.asOf === null) this.notice.tell(error.message);
      else console.error(error);
    } else if (error instanceof Unreachable) {
      this.lost ??= performance.now();
      if (this.store.asOf === null) this.notice.tell(pick('连接中断，正在重试…', 'Connection lost, trying again …'));
    } else {
      // A fault of ours: told to whoever looks, and the wall goes on.
      console.error(error);
    }
  }

  /** Builds the page anew: what stood there is let go of whole. */
  private build(): void {
    if (this.store.catalogue.size === 0) return;
    for (const panel of this.panels) panel.dispose?.();
    document.title = pick('民政大屏', 'Civil affairs');
    this.top = header(
      this.store,
      PAGES.map((page) => page.name()),
      {
        page: (index) => this.turn(index),
        step: (by) => this.freeze(step(this.period, by)),
        live: () => this.freeze(null),
        back: () => this.move(null),
      },
    );
    this.bottom = ticker(this.store);
    this.panels = this.page.panels(this);
    this.body.replaceChildren(...this.panels.map((panel) => panel.element));
    this.frame.replaceChildren(this.top.element, this.body, h('footer', {}, this.bottom.element, legend()));
    this.update();
  }

  private update(changed: string[] = []): void {
    if (!this.top) return;
    this.each((panel) => panel.update?.());
    paint(this.body, this.store, changed);
    this.layout.arrange(this.panels);
    this.show(Math.min(this.sheet, this.layout.count - 1));
    this.bottom?.update();
    this.tick();
    this.top.fit();
  }

  /** A sheet of the page. */
  private show(sheet: number): void {
    this.sheet = sheet;
    this.layout.show(sheet);
    // What is drawn takes the room that it was given.
    this.each((panel) => panel.draw?.());
  }

  private each(what: (panel: Panel) => void): void {
    for (const panel of this.panels) {
      try {
        what(panel);
      } catch (error) {
        console.error(error); // the other panels are none the worse
      }
    }
  }

  private tick(): void {
    if (!this.top) return;
    const name = this.store.figures.get('F0')?.display ?? '';
    const broken = this.lost !== null && performance.now() - this.lost > BROKEN_AFTER;
    const state: HeaderState = {
      place: this.inside ? name : pick(`${name}民政`, name),
      inTown: this.inside !== null && this.home === null,
      period: this.period,
      frozen: this.settings.at !== null,
      page: this.at,
      sheet: this.sheet,
      sheets: this.layout.count,
      paused: this.settings.paused,
      brokenSince: broken ? this.lost : null,
      answered: this.answered,
    };
    this.top.update(state);
    this.bottom?.tick();
  }

  /** Another page: what is known of it stands there at once, the rest comes with the answer. */
  private turn(index: number): void {
    this.at = (index + PAGES.length) % PAGES.length;
    this.sheet = 0;
    this.chosen = this.page.by[0] ?? this.chosen;
    this.pointer = -1;
    this.store.clearTowns();
    this.build();
    void this.refresh();
    this.turnLater();
  }

  /** The next sheet, or that before; after the last one of a page another page. */
  private leaf(by: 1 | -1): void {
    const sheet = this.sheet + by;
    if (sheet < 0 || sheet >= this.layout.count) {
      this.turn(this.at + by);
      return;
    }
    this.show(sheet);
    this.tick();
    this.turnLater();
  }

  private turnLater(): void {
    window.clearTimeout(this.turner);
    if (this.settings.paused) return;
    this.turner = window.setTimeout(() => this.leaf(1), this.settings.rotate * 1000);
  }

  private move(town: string | null): void {
    if (town === this.inside || this.home !== null) return;
    this.inside = town;
    this.pointer = -1;
    this.elsewhere();
  }

  private freeze(at: Period | null): void {
    this.settings.at = at;
    keep(this.settings);
    this.elsewhere();
  }

  private elsewhere(): void {
    this.store.forget();
    this.update();
    this.follow();
    void this.refresh();
    this.turnLater();
  }

  private readonly keys: Record<string, () => void> = {
    ArrowRight: () => this.leaf(1),
    ArrowLeft: () => this.leaf(-1),
    ArrowDown: () => this.point(1),
    ArrowUp: () => this.point(-1),
    Enter: () => {
      const code = this.store.ranked()[this.pointer]?.division?.code;
      if (code) this.move(code.slice(0, 9));
    },
    Escape: () => this.move(null),
    Backspace: () => this.move(null),
    ' ': () => {
      this.settings.paused = !this.settings.paused;
      keep(this.settings);
      this.turnLater();
      this.tick();
    },
    b: () => this.nextBy(),
    l: () => {
      this.settings.lang = this.settings.lang === 'zh' ? 'en' : 'zh';
      speak(this.settings.lang);
      keep(this.settings);
      this.build();
    },
    '[': () => this.freeze(step(this.period, -1)),
    ']': () => this.freeze(step(this.period, 1)),
    t: () => this.freeze(nextLength(this.period, this.store.today)),
    '0': () => this.freeze(null),
    ...Object.fromEntries(PAGES.map((_, index) => [String(index + 1), () => this.turn(index)])),
  };

  private point(by: number): void {
    const count = this.store.ranked().length;
    if (count === 0) return;
    this.pointer = (this.pointer + by + (this.pointer < 0 && by < 0 ? 1 : 0) + count) % count;
    this.update();
    this.turnLater();
  }
}
