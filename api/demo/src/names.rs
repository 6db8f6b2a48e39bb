//! Names of people, put together: a surname by how often it is met in Hunan, a given name in the fashion of
//! the decade of birth. Whoever bears one in truth bears it by chance.

use chrono::{Datelike, NaiveDate};

use super::random::Random;

/// Surnames and how many of 10,000 in Hunan bear them: the order is well known, the shares are estimates.
const SURNAMES: &[(&str, u32)] = &[
    ("李", 760),
    ("刘", 700),
    ("陈", 580),
    ("王", 500),
    ("周", 440),
    ("张", 430),
    ("彭", 320),
    ("黄", 310),
    ("杨", 290),
    ("唐", 270),
    ("胡", 240),
    ("谢", 190),
    ("罗", 190),
    ("吴", 185),
    ("肖", 180),
    ("曾", 175),
    ("邓", 170),
    ("何", 165),
    ("蒋", 140),
    ("谭", 138),
    ("曹", 120),
    ("龙", 118),
    ("欧阳", 40),
    ("尹", 105),
    ("徐", 100),
    ("易", 98),
    ("朱", 96),
    ("郭", 92),
    ("赵", 90),
    ("袁", 90),
    ("贺", 88),
    ("廖", 86),
    ("文", 84),
    ("戴", 82),
    ("熊", 80),
    ("孙", 76),
    ("夏", 74),
    ("邹", 72),
    ("姚", 68),
    ("宋", 66),
    ("龚", 66),
    ("汤", 64),
    ("钟", 62),
    ("向", 62),
    ("郑", 60),
    ("田", 60),
    ("余", 58),
    ("石", 56),
    ("许", 54),
    ("高", 52),
    ("任", 48),
    ("莫", 46),
    ("方", 46),
    ("范", 44),
    ("马", 44),
    ("舒", 42),
    ("喻", 40),
    ("游", 38),
    ("卢", 38),
    ("蔡", 38),
    ("林", 38),
    ("梁", 36),
    ("聂", 36),
    ("丁", 34),
    ("覃", 34),
    ("毛", 34),
    ("左", 32),
    ("童", 30),
    ("阳", 30),
    ("柳", 28),
    ("段", 28),
    ("涂", 24),
    ("成", 24),
    ("江", 24),
    ("沈", 22),
    ("苏", 22),
    ("危", 14),
    ("皮", 12),
    ("司马", 3),
];

/// One fashion of given names: first and second signs, names of one sign and their share of 100.
struct Fashion {
    first: &'static str,
    second: &'static str,
    single: &'static str,
    single_share: u64,
}

const MEN_BEFORE_1950: Fashion = Fashion {
    first: "德国志文光正云春长少金仁福玉庆桂运炳绍学汉世昌寿克",
    second: "生清林初云武成和祥安元才南保华明钦秋凡奎文香其连",
    single_share: 6,
    single: "华明清云武",
};
const WOMEN_BEFORE_1950: Fashion = Fashion {
    first: "桂秀玉淑菊凤美春金冬兰爱翠腊月满福莲素雪",
    second: "英兰珍华梅香云芳莲娥贞秀元辉纯群姣连仙池",
    single_share: 4,
    single: "珍云英梅兰",
};
const MEN_BEFORE_1970: Fashion = Fashion {
    first: "建国志新卫爱立光正跃铁应海永长胜维克伏放迪乐",
    second: "军民平华强兵武辉明清良钢林球山新国湘文根初坤",
    single_share: 14,
    single: "勇军强平辉兵斌钢健明",
};
const WOMEN_BEFORE_1970: Fashion = Fashion {
    first: "建爱丽玉秀凤艳红春小美菊淑桂文金雪立应湘",
    second: "平华英红兰珍辉云香群玲珠霞芝元娥萍华君莲",
    single_share: 12,
    single: "红霞萍玲英芳艳群辉",
};
const MEN_BEFORE_1990: Fashion = Fashion {
    first: "志建文俊海小国永晓立新智宏伟正湘光世兴",
    second: "勇强军辉明华平刚波峰斌鹏飞杰林亮文彪雄",
    single_share: 34,
    single: "伟勇军磊强斌波涛鹏超亮辉刚峰浩杰凯",
};
const WOMEN_BEFORE_1990: Fashion = Fashion {
    first: "丽艳小海晓红雪春玉美冬湘文立彩慧金秋",
    second: "芳丽霞红玲燕娟萍英艳辉琴华群平云梅君",
    single_share: 30,
    single: "芳丽燕娟静敏艳霞玲娜婷琴娇洁",
};
const MEN_SINCE: Fashion = Fashion {
    first: "子浩宇梓俊嘉文思泽奕一皓佳明天睿铭承",
    second: "轩涵豪宇杰然博辰熙阳睿翔瑞航霖乐毅希",
    single_share: 13,
    single: "浩宇睿轩博晨航毅",
};
const WOMEN_SINCE: Fashion = Fashion {
    first: "子梓雨欣诗思佳梦可一语嘉若依紫晓芷婉",
    second: "涵萱怡欣琪婷雅彤悦瑶妍宁珊萌晴琳妮桐",
    single_share: 10,
    single: "婷欣悦妍萱彤瑶颖",
};

/// A surname.
pub fn surname(random: &mut Random) -> &'static str {
    random.weighted(SURNAMES)
}

/// A name with this surname.
pub fn given(random: &mut Random, surname: &str, male: bool, birth: NaiveDate) -> String {
    let fashion = match (birth.year(), male) {
        (..=1949, true) => MEN_BEFORE_1950,
        (..=1949, false) => WOMEN_BEFORE_1950,
        (..=1969, true) => MEN_BEFORE_1970,
        (..=1969, false) => WOMEN_BEFORE_1970,
        (..=1989, true) => MEN_BEFORE_1990,
        (..=1989, false) => WOMEN_BEFORE_1990,
        (_, true) => MEN_SINCE,
        (_, false) => WOMEN_SINCE,
    };
    if random.chance(fashion.single_share * 100) {
        return format!("{surname}{}", sign(random, fashion.single));
    }
    let first = sign(random, fashion.first);
    let mut second = sign(random, fashion.second);
    while second == first {
        second = sign(random, fashion.second);
    }
    format!("{surname}{first}{second}")
}

/// The name of somebody of working age.
pub fn adult(random: &mut Random) -> String {
    let male = random.chance(5_000);
    let surname = surname(random);
    let birth = super::calendar::day(random.weighted(&[(1968, 3), (1978, 4), (1988, 4), (1995, 2)]), 6, 1);
    given(random, surname, male, birth)
}

fn sign(random: &mut Random, signs: &str) -> char {
    let place = random.place(signs.chars().count());
    signs.chars().nth(place).unwrap_or('华')
}

/// 民族 · by the share of each in Changsha (estimates; nearly all Han).
pub fn nation(random: &mut Random) -> &'static str {
    random.weighted(&[
        ("汉", 9_770),
        ("土家", 95),
        ("苗", 70),
        ("侗", 22),
        ("瑶", 16),
        ("回", 12),
        ("壮", 7),
        ("白", 4),
        ("满", 4),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_two_to_four_signs_long_and_often_begin_with_li() {
        let mut random = Random::of(1, "names");
        let names: Vec<String> = (0..5_000).map(|_| adult(&mut random)).collect();
        assert!(names.iter().all(|name| (2..=4).contains(&name.chars().count())));
        let li = names.iter().filter(|name| name.starts_with('李')).count();
        assert!((250..520).contains(&li), "{li}");
    }
}
