// What the wall calls a figure: shorter than the catalogue, whose name is used for every code that is not here.
import type { Indicator } from './api';
import { lang } from './texts';

const SHORT: Record<string, [string, string]> = {
  F1: ['救助保障人次', 'Person-times assisted'],
  'F1.PERSONS': ['救助人数', 'Persons assisted'],
  F2: ['发放救助资金', 'Assistance paid'],
  F3: ['新建成服务中心', 'Centres completed'],
  F4: ['在建服务中心', 'Centres in building'],
  F5: ['启动改造', 'Launched'],
  F6: ['完成改造', 'Completed'],
  F7: ['启动建床', 'Beds started'],
  F8: ['发放福利资金', 'Welfare paid'],
  'F8.PERSONS': ['福利人数', 'Recipients of it'],
  F9: ['参检', 'Came'],
  'F9.DUE': ['应检', 'Due'],
  'F9.PARTICIPATION': ['参检率', 'Participation'],
  F10: ['合格', 'Qualified'],
  F11: ['基本合格', 'Basically'],
  F12: ['有效村规民约', 'Charters in force'],
  F13: ['简办婚丧事宜', 'Simple ceremonies'],
  F14: ['劝停宴席', 'Banquets stopped'],
  F15: ['为群众节约', 'Saved for families'],
  'D03.DIBAO_URBAN': ['城市低保', 'Dibao, urban'],
  'D03.DIBAO_RURAL': ['农村低保', 'Dibao, rural'],
  'D03.TEKUN_INSTITUTION': ['集中供养特困', 'Tekun, homes'],
  'D03.TEKUN_SCATTERED': ['分散供养特困', 'Tekun, scattered'],
  'D03.EDGE': ['低保边缘', 'Marginal'],
  'D03.RIGID': ['刚性支出困难', 'Rigid expenses'],
  D06: ['急难救助到款', 'Urgent aid to money'],
  D16: ['超期红色预警', 'Red alerts overdue'],
  D20: ['按时办结率', 'Decided on time'],
  D21: ['超期未办', 'Overdue cases'],
  D22: ['每千名老人床位', 'Beds per 1,000 aged'],
  D28: ['在用家庭床位', 'Beds in service'],
  D29: ['上门服务', 'Home visits'],
  D35: ['嵌入式机构', 'Embedded centres'],
  D30: ['每床每月上门', 'Visits per bed-month'],
  D37: ['检查覆盖率', 'Inspected'],
  D38: ['发现隐患', 'Hazards'],
  'D38.GENERAL': ['一般隐患', 'Hazards, general'],
  'D38.MAJOR': ['重大隐患', 'Hazards, major'],
  D39: ['整改率', 'Closed'],
  D43: ['资金执行率', 'Budget executed'],
  D59: ['事项进驻率', 'Items at the centre'],
  D60: ['时限压缩率', 'Time limits cut'],
  D61: ['网上受理率', 'Accepted online'],
  D62: ['按时办结率', 'Finished on time'],
  D63: ['好评率', 'Rated good'],
  D66: ['含移风易俗条款', 'With customs clause'],
  D67: ['村务按时公开率', 'Disclosed on time'],
  D73: ['个性化服务覆盖', 'Personal services offered'],
  'D73.REHAB': ['康复服务覆盖', 'Rehabilitation'],
  'D73.PSYCH': ['心理慰藉覆盖', 'Comfort'],
  'D73.HOSPICE': ['临终关怀覆盖', 'Hospice'],
  D75: ['护理员持证率', 'Carers certified'],
  D78: ['护理员流失率', 'Carers leaving'],
  D79: ['岗位空缺率', 'Posts vacant'],
  D81: ['人均照护老人', 'Residents per carer'],
  D95: ['隐患排查建档率', 'Hazard-file rate'],
  D101: ['公开达标村', 'Villages meeting norm'],
  D102: ['每万人社区工作者', 'Workers per 10,000'],
  D105: ['改造完成率', 'Renovation done'],
  'D106.CHARTER': ['村规民约覆盖率', 'Charter coverage'],
  'D106.COUNCIL': ['红白理事会覆盖率', 'Council coverage'],
};

/** Whether the wall has a name of its own for it. */
export const hasName = (code: string): boolean => code in SHORT;

/** Figures of which more is worse. */
const BAD = ['D02', 'D16', 'D19', 'D21', 'D38', 'D44', 'D49', 'D69', 'D72', 'D78', 'D79', 'D89', 'D104', 'D06', 'D17'];

export const isBad = (code: string): boolean => BAD.includes(code.split('.')[0] ?? code);

/** The wall's name, the catalogue's, or the code itself. */
export function nameOf(code: string, indicator: Indicator | undefined): string {
  const short = SHORT[code];
  if (short) return short[lang() === 'zh' ? 0 : 1];
  return (lang() === 'zh' ? indicator?.name : indicator?.nameEn) ?? code;
}
