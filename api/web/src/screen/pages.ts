// The pages that take turns on the wall: which panels stand where. The places are those of screen.css.
import { h } from './dom';
import { counters } from './panels/counter';
import { gauge } from './panels/gauge';
import { group, together, type Panel, type Wall } from './panels/panel';
import { progress, shares } from './panels/progress';
import { ring } from './panels/ring';
import { further, rows } from './panels/rows';
import { stock } from './panels/stock';
import { tiles } from './panels/tiles';
import { towns } from './panels/towns';
import { trend } from './panels/trend';
import { pick } from './texts';

export interface Page {
  key: string;
  name(): string;
  /** Figures by which towns may be ranked, the first one to begin with. */
  by: string[];
  /** `turn` counts how often the page has come round. */
  panels(wall: Wall, turn: number): Panel[];
}

/** A place with several panels under each other. */
function column(area: string, ...panels: Panel[]): Panel {
  return group(h('div.column', { style: `grid-area: ${area}` }, ...panels.map((panel) => panel.element)), panels);
}

/** Beside each other in one panel. */
function abreast(...parts: Panel[]): Panel {
  const panel = column('auto', ...parts);
  panel.element.className = 'abreast';
  return panel;
}

/** A panel under a title, without a place of its own. */
const titled = (title: string, ...parts: Panel[]): Panel => together('auto', title, ...parts);

const overview: Page = {
  key: 'overview',
  name: () => pick('总览', 'Overview'),
  by: ['F1', 'F2', 'F8', 'F13', 'D29', 'D28'],
  panels: (wall) => {
    const { store } = wall;
    return [
      counters(store, 'F1', 'F2'),
      column(
        'left',
        titled(pick('在册救助对象', 'On the rolls'), stock(store)),
        titled(pick('救助资金月度走势', 'Assistance by month'), trend(store, 'F2')),
        titled(
          pick('救助与福利', 'Assistance and welfare'),
          rows(store, ['F1.PERSONS', 'F8', 'D06', 'D20', 'D43', 'D16', 'D21', 'F8.PERSONS', 'D05'], 4),
        ),
      ),
      towns(wall, 'towns', true),
      column(
        'right',
        titled(pick('养老服务', 'Elderly care'), tiles(['F3', 'F4', 'F7', 'D28']), progress(store, 'F6', 'F5', 'D105')),
        titled(pick('服务与安全', 'Services and safety'), abreast(rows(store, ['D29', 'D38', 'D38.MAJOR', 'D39'], 4, true), gauge(store, 'D95'))),
      ),
      together('ring', pick('社会组织年检', 'Annual inspection'), ring(store)),
      together('charters', pick('村规民约与红白理事会', 'Charters and councils'), rows(store, ['F12'], 1), shares(store, 'D106.CHARTER', 'D106.COUNCIL')),
      together('ceremonies', pick('移风易俗', 'Reform of customs'), tiles(['F13', 'F14'], 2), tiles(['F15'], 1)),
    ];
  },
};

const assistance: Page = {
  key: 'assistance',
  name: () => pick('社会救助', 'Assistance'),
  by: ['F2', 'F1', 'F1.PERSONS', 'D03.DIBAO_URBAN.PERSONS', 'D03.DIBAO_RURAL.PERSONS', 'F8'],
  panels: (wall, turn) => {
    const { store } = wall;
    const process = ['D05.URGENT', 'D05.EXPENDITURE', 'D01', 'D02', 'D06', 'D18', 'D19', 'D20', 'D21'];
    const money = ['D43', 'D44', 'D68', 'D69', 'D70'];
    const beside = ['F0', 'F1', 'F1.PERSONS', 'F2', 'F8', 'D05', 'D03', ...process, ...money];
    return [
      counters(store, 'F1', 'F1.PERSONS', 'F2', 'F8'),
      column('one', titled(pick('在册救助对象', 'On the rolls'), stock(store))),
      column(
        'two',
        titled(pick('救助资金与人次', 'Assistance, money and person-times'), trend(store, 'F2', 'F1')),
        titled(pick('福利资金', 'Welfare money'), trend(store, 'F8')),
      ),
      column(
        'three',
        titled(pick('办理', 'Handling'), rows(store, process, 7)),
        titled(pick('资金', 'Money'), rows(store, money, 4)),
        titled(pick('更多', 'Further'), further(store, ['A1', 'B1'], beside, 4, turn)),
      ),
      towns(wall, 'four', false),
    ];
  },
};

const eldercare: Page = {
  key: 'eldercare',
  name: () => pick('养老服务', 'Elderly care'),
  by: ['D29', 'D28', 'F7', 'F6', 'D38', 'D22'],
  panels: (wall, turn) => {
    const { store } = wall;
    const safety = ['D37', 'D38.GENERAL', 'D38.MAJOR', 'D39'];
    const workers = ['D75', 'D76', 'D77', 'D78', 'D79', 'D80', 'D81'];
    const beside = ['F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'D38', 'D22', 'D28', 'D29', 'D30', 'D35', 'D73', 'D95', 'D105', ...safety, ...workers];
    return [
      counters(store, 'F7', 'D28', 'D29', 'F3'),
      column(
        'one',
        titled(pick('设施与床位', 'Centres and beds'), tiles(['F4', 'D35', 'D22', 'D30'])),
        titled(pick('适老化改造', 'Homes adapted'), progress(store, 'F6', 'F5', 'D105')),
        titled(pick('机构个性化服务', 'Personal services'), rows(store, ['D73'], 4)),
      ),
      column(
        'two',
        titled(pick('上门服务', 'Home visits'), trend(store, 'D29')),
        titled(pick('安全', 'Safety'), abreast(rows(store, safety, 5, true), gauge(store, 'D95'))),
      ),
      column(
        'three',
        titled(pick('护理队伍', 'Care workers'), rows(store, workers, 8)),
        titled(pick('更多', 'Further'), further(store, ['A2', 'B2', 'C3'], beside, 5, turn)),
      ),
      towns(wall, 'four', false),
    ];
  },
};

const governance: Page = {
  key: 'governance',
  name: () => pick('基层治理与社会组织', 'Governance'),
  by: ['F13', 'F14', 'F15', 'F12', 'D67', 'D103'],
  panels: (wall, turn) => {
    const { store } = wall;
    const open = ['D66', 'D67', 'D101'];
    const hall = ['D59', 'D60', 'D61', 'D62', 'D63'];
    const people = ['D102', 'D103', 'D104'];
    const beside = ['F9', 'F9.DUE', 'F9.PARTICIPATION', 'F10', 'F11', 'F12', 'F13', 'F14', 'F15', 'D106', ...open, ...hall, ...people];
    return [
      counters(store, 'F12', 'F13', 'F14', 'F15'),
      column(
        'one',
        titled(pick('社会组织年检', 'Annual inspection'), ring(store)),
        titled(pick('政务服务', 'Service hall'), rows(store, hall, 6)),
      ),
      column(
        'two',
        titled(pick('移风易俗月度走势', 'Customs by month'), trend(store, 'F13', 'F14')),
        titled(pick('覆盖', 'Coverage'), shares(store, 'D106.CHARTER', 'D106.COUNCIL')),
      ),
      column(
        'three',
        titled(pick('村务公开与自治', 'Disclosure and self-government'), rows(store, open, 4)),
        titled(pick('社区工作者', 'Community workers'), rows(store, people, 4)),
        titled(pick('更多', 'Further'), further(store, ['A3', 'A4', 'C3.5', 'C4'], beside, 5, turn)),
      ),
      towns(wall, 'four', false),
    ];
  },
};

export const PAGES: Page[] = [overview, assistance, eldercare, governance];

/** Said at the foot of the wall. */
export const legend = (): HTMLElement =>
  h(
    'div.legend',
    {},
    h('span', {}, pick('同比', 'Year on year'), ' ', h('span.up', {}, '▲'), h('span.down', {}, '▼'), pick('（pp 百分点）', ' (pp points)')),
    h('span', {}, pick('越少越好的指标', 'Less is better'), ' ', h('span.worse', {}, pick('▲差', '▲ worse')), ' ', h('span.better', {}, pick('▼好', '▼ better'))),
    h('span', {}, '＊ ', pick('人数过少不公开', 'hidden: few persons')),
    h('span', {}, '— ', pick('暂无数据', 'no data')),
  );

