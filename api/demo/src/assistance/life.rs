//! What happens to a family in a month: deaths, births, moves, illness, more or less to live on.

use std::rc::Rc;

use super::Bureau;
use crate::calendar::{Month, after, any_day, before};
use crate::families::provide;
use crate::registry::{Facts, Household, Member, Relation, address, mortality};

impl Bureau<'_> {
    /// What happens in a month, after its first day, on which the decision was made, and is to be seen from the next on;
    /// whether anything did.
    pub(super) fn live(&mut self, home: &mut Household, month: Month) -> bool {
        let (first, last) = (month.first(), month.last());
        let random = &mut self.random;
        let mut changed = false;
        for member in home.members.iter_mut().filter(|member| member.left.is_none()) {
            if member.person.birth <= first && random.chance(mortality(&member.person, first)) {
                let died = any_day(random, first, before(last, 1));
                member.person.death.set(Some(died));
                member.left = Some(after(died, 1));
                changed = true;
            }
        }
        // Now and then a family moves to another district.
        if random.chance(9) {
            let on = any_day(random, after(first, 1), last);
            for member in home.members.iter_mut().filter(|member| member.left.is_none()) {
                member.left = Some(on.max(after(member.joined, 1)));
            }
            return true;
        }
        let present = home.counted(last).count();
        if present == 0 {
            return changed;
        }
        // Somebody grown up moves out, more than half of them into a home of their own.
        if present > 1 && random.chance(35) {
            changed |= self.move_out(home, month);
        }
        let random = &mut self.random;
        let mother = home.counted(last).find(|member| {
            !member.person.male
                && (22..40).contains(&member.person.age(last))
                && matches!(member.relation, Relation::Head | Relation::Spouse)
        });
        if mother.is_some()
            && home.members.iter().any(|m| m.relation == Relation::Spouse && m.left.is_none())
            && random.chance(45)
        {
            let birth = any_day(random, first, last);
            let surname = home.members.iter().find(|member| member.person.male).map(|member| member.person.surname);
            let (male, place) = (random.chance(5_200), Rc::clone(&home.place));
            let child = self.settler.people.add(random, &place, male, birth, surname, &home.address);
            let joined = child.birth;
            let facts = Facts::default();
            home.members.push(Member { person: child, relation: Relation::Child, joined, left: None, facts });
            changed = true;
        }
        if let Some(member) = home.members.iter_mut().find(|m| m.left.is_none() && m.facts.supporter == Some(false)) {
            // 特困: self-care is lost bit by bit, and assessed again (43号 Art 24).
            if member.facts.lost < 6 && random.chance(150) {
                let was = member.facts.lost;
                member.facts.lost = (was + u8::try_from(random.between(1, 3)).unwrap_or(1)).min(6);
                let degree = if member.facts.lost > 3 {
                    "完全丧失生活自理能力"
                } else {
                    "部分丧失生活自理能力"
                };
                if was == 0 || (was <= 3 && member.facts.lost > 3) {
                    let on = any_day(random, after(first, 1), last);
                    for condition in member.person.conditions.borrow_mut().iter_mut() {
                        if condition.kind == "失能" && condition.until.is_none() {
                            condition.until = Some(on);
                        }
                    }
                    member.person.record("失能", on, None, degree);
                }
                changed = true;
            }
            return changed;
        }
        if random.chance(25)
            && let Some(member) = home.members.iter().find(|member| member.left.is_none())
            && !member.person.has("重病", last)
        {
            let on = any_day(random, after(first, 1), last);
            member.person.record("重病", on, None, random.pick(&["恶性肿瘤", "脑卒中后遗症", "终末期肾病透析"]));
            changed = true;
        }
        let steady =
            home.counted(last).all(|member| member.person.age(last) >= 60 || member.person.disability(last).is_some());
        if random.chance(if steady { 130 } else { 360 }) {
            let percent = match random.below(100) {
                0..=12 => 0,
                13..=61 => random.between(10, 90),
                62..=76 => random.between(102, 146),
                _ => random.between(155, 330),
            };
            let policy = if home.place.rural { &self.country } else { &self.town };
            provide(home, last, percent, policy, random);
            changed = true;
        }
        changed
    }

    fn move_out(&mut self, home: &mut Household, month: Month) -> bool {
        let last = month.last();
        let leaver = home.members.iter_mut().skip(1).find(|member| {
            member.left.is_none()
                && (21..34).contains(&member.person.age(last))
                && member.person.disability(last).is_none()
        });
        let Some(leaver) = leaver else { return false };
        let on = any_day(&mut self.random, after(month.first(), 1), last).max(after(leaver.joined, 1));
        leaver.left = Some(on);
        if self.random.chance(5_500) {
            let (person, place) = (Rc::clone(&leaver.person), Rc::clone(&home.place));
            let own = address(&mut self.random, &place);
            let mut new = self.settler.found(&place, own, &mut self.random);
            let facts = Facts { wage: 380_000, ..Facts::default() };
            new.members.push(Member { person, relation: Relation::Head, joined: on, left: None, facts });
            self.settler.households.push(new);
        }
        true
    }
}
