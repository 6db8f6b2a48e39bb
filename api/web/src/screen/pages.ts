// The pages that take turns on the wall: which panels they have. Where a panel stands is measured (layout.ts).
import { h } from './dom';
import { counter } from './panels/counter';
import { gauge } from './panels/gauge';
import { abreast, titled, type Panel, type Wall } from './panels/panel';
import { progress, shares } from './panels/progress';
import { ring } from './panels/ring';
import { clauses, rows } from './panels/rows';
import { stock } from './panels/stock';
import { tiles } from './panels/tiles';
import { towns } from './panels/towns';
import { townsMap } from './panels/towns-map';
import { trend } from './panels/trend';
import type { Store } from './store';
import { pick } from './texts';

export interface Page {
  key: string;
  name(): string;
  /** Figures by which towns may be ranked, the first one to begin with. */
  by: string[];
  panels(wall: Wall): Panel[];
}

/** Counters of these figures. */
const counters = (store: Store, ...codes: string[]): Panel[] => codes.map((code) => counter(store, code));

/** Lists of figures that no other panel of the page shows, so that all there is stands on the wall. */
function lists(wall: Wall, beside: string[], ...parts: [title: string, heads: string[]][]): Panel[] {
  const { store } = wall;
  const taken = [...beside];
  return parts.map(([title, heads]) => {
    const codes = clauses(store, heads, taken);
    taken.push(...codes);
    return titled(title, rows(store, codes));
  });
}

const overview: Page = {
  key: 'overview',
  name: () => pick('总览', 'Overview'),
  by: ['F1', 'F2', 'F8', 'F13', 'D29', 'D28'],
  panels: (wall) => {
    const { store } = wall;
    return [
      ...counters(store, 'F1', 'F2'),
      ...townsMap(wall),
      titled(pick('在册救助对象', 'On the rolls'), stock(store)),
      titled(pick('养老服务', 'Elderly care'), tiles(['F3', 'F4', 'F7', 'D28']), progress(store, 'F6', 'F5', 'D105')),
      titled(pick('救助资金月度走势', 'Assistance by month'), trend(store, 'F2')),
      titled(pick('服务与安全', 'Services and safety'), abreast(rows(store, ['D29', 'D38', 'D38.MAJOR', 'D39'], 4, true), gauge(store, 'D95'))),
      titled(
        pick('救助与福利', 'Assistance and welfare'),
        rows(store, ['F1.PERSONS', 'F8', 'D06', 'D20', 'D43', 'D16', 'D21', 'F8.PERSONS', 'D05'], 4),
      ),
      titled(pick('社会组织年检', 'Annual inspection'), ring(store)),
      titled(pick('村规民约与红白理事会', 'Charters and councils'), rows(store, ['F12'], 1), shares(store, 'D106.CHARTER', 'D106.COUNCIL')),
      titled(pick('移风易俗', 'Reform of customs'), tiles(['F13', 'F14', 'F15'])),
    ];
  },
};

const assistance: Page = {
  key: 'assistance',
  name: () => pick('社会救助', 'Assistance'),
  by: ['F2', 'F1', 'F1.PERSONS', 'D03.DIBAO_URBAN.PERSONS', 'D03.DIBAO_RURAL.PERSONS', 'F8'],
  panels: (wall) => {
    const { store } = wall;
    const process = ['D05.URGENT', 'D05.EXPENDITURE', 'D06', 'D17', 'D18', 'D19', 'D20', 'D21'];
    const money = ['D43', 'D44', 'D68', 'D69', 'D70'];
    const beside = ['F1', 'F1.PERSONS', 'F2', 'F8', 'D03', ...process, ...money];
    return [
      ...counters(store, 'F1', 'F1.PERSONS', 'F2', 'F8'),
      towns(wall),
      titled(pick('在册救助对象', 'On the rolls'), stock(store)),
      titled(pick('救助资金与人次', 'Assistance, money and person-times'), trend(store, 'F2', 'F1')),
      titled(pick('福利资金月度走势', 'Welfare money by month'), trend(store, 'F8')),
      titled(pick('对象进出与办理时效', 'Changes of the rolls and time taken'), rows(store, process)),
      titled(pick('资金预算与执行', 'Budget and spending'), rows(store, money)),
      ...lists(
        wall,
        beside,
        [pick('低收入人口监测', 'Persons of low income'), ['A1.2']],
        [pick('救助质量与专项救助', 'Quality and special aid'), ['A1', 'B1', 'C2']],
      ),
    ];
  },
};

const eldercare: Page = {
  key: 'eldercare',
  name: () => pick('养老服务', 'Elderly care'),
  by: ['D29', 'D28', 'F7', 'F6', 'D38', 'D22'],
  panels: (wall) => {
    const { store } = wall;
    const safety = ['D37', 'D38.GENERAL', 'D38.MAJOR', 'D39'];
    const workers = ['D75', 'D76', 'D77', 'D78', 'D79', 'D80', 'D81'];
    const beside = ['F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'D22', 'D28', 'D29', 'D30', 'D35', 'D43', 'D44', 'D73', 'D95', 'D105', ...safety, ...workers];
    return [
      ...counters(store, 'F7', 'D28', 'D29', 'F3'),
      towns(wall),
      titled(pick('设施与床位', 'Centres and beds'), tiles(['F4', 'D35', 'D22', 'D30'])),
      titled(pick('上门服务月度走势', 'Home visits by month'), trend(store, 'D29')),
      titled(pick('适老化改造', 'Homes adapted'), progress(store, 'F6', 'F5', 'D105')),
      titled(pick('机构安全检查', 'Safety of centres'), abreast(rows(store, safety, undefined, true), gauge(store, 'D95'))),
      titled(pick('护理队伍', 'Care workers'), rows(store, workers)),
      titled(pick('机构个性化服务', 'Personal services'), rows(store, ['D73'])),
      ...lists(wall, beside, [pick('服务网络与质量', 'Network and quality'), ['A2', 'B2', 'C3.1', 'C3.3', 'C3.4']]),
    ];
  },
};

const governance: Page = {
  key: 'governance',
  name: () => pick('基层治理与社会组织', 'Governance'),
  by: ['F13', 'F14', 'F15', 'F12', 'D67', 'D103'],
  panels: (wall) => {
    const { store } = wall;
    const open = ['D66', 'D67', 'D101'];
    const hall = ['D59', 'D60', 'D61', 'D62', 'D63'];
    const people = ['D102', 'D103', 'D104'];
    const beside = ['F9', 'F9.DUE', 'F9.PARTICIPATION', 'F10', 'F11', 'F12', 'F13', 'F14', 'F15', 'D106', ...open, ...hall, ...people];
    return [
      ...counters(store, 'F12', 'F13', 'F14', 'F15'),
      towns(wall),
      titled(pick('社会组织年检', 'Annual inspection'), ring(store)),
      titled(pick('移风易俗月度走势', 'Customs by month'), trend(store, 'F13', 'F14')),
      titled(pick('制度覆盖', 'Coverage'), shares(store, 'D106.CHARTER', 'D106.COUNCIL')),
      titled(pick('政务服务', 'Service hall'), rows(store, hall)),
      titled(pick('村务公开与村规民约', 'Disclosure and charters'), rows(store, open)),
      titled(pick('社区工作者', 'Community workers'), rows(store, people)),
      ...lists(
        wall,
        beside,
        [pick('自治组织与社会组织党建', 'Self-government and Party building'), ['A3']],
        [pick('慈善与福彩公益金', 'Charity and lottery money'), ['C3.5', 'C3.6']],
        [pick('社会组织与治理保障', 'Organisations and means'), ['A4', 'B3', 'C0', 'C1', 'C4']],
      ),
    ];
  },
};

export const PAGES: Page[] = [overview, assistance, eldercare, governance];

/** Said at the foot of the wall. */
export const legend = (): HTMLElement =>
  h(
    'div.legend',
    {},
    h('span', {}, pick('同比', 'Year on year'), h('span.up', {}), h('span.down', {}), pick('（pp 百分点）', '(pp points)')),
    h('span', {}, pick('越少越好的指标', 'Less is better'), h('span.worse.rising', {}, pick('差', 'worse')), h('span.better.falling', {}, pick('好', 'better'))),
    h('span', {}, '＊', pick('人数过少不公开', 'hidden: few persons')),
    h('span', {}, '—', pick('暂无数据', 'no data')),
  );
