//! Old people for institutions and for beds at home.

use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::NaiveDate;

use crate::assistance::Assistance;
use crate::calendar::after;
use crate::district::{District, Lottery};
use crate::families::Settler;
use crate::random::Random;
use crate::registry::{Person, born, live};
use crate::welfare::{AGED, Benefit};

/// Those of 80 and older whom no roll knows, then others.
pub struct Elders {
    known: Vec<Rc<Person>>,
    places: Lottery,
}

impl Elders {
    /// From those with an old-age allowance.
    pub fn new(random: &mut Random, area: &District, assistance: &Assistance, benefits: &[Benefit]) -> Self {
        let on_roll: BTreeSet<&str> = assistance.paid_to().collect();
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        let mut known: Vec<Rc<Person>> = Vec::new();
        for person in benefits.iter().filter(|benefit| benefit.kind == AGED).map(|benefit| &benefit.person) {
            if !on_roll.contains(person.id.as_str()) && taken.insert(&person.id) {
                known.push(Rc::clone(person));
            }
        }
        random.shuffle(&mut known);
        Self { known, places: area.lottery(|place| place.residents) }
    }

    /// Somebody who is alive on a day, from those known or of 65 to 77, too young for the allowance.
    pub fn take(&mut self, random: &mut Random, settler: &mut Settler, on: NaiveDate, known_share: u64) -> Rc<Person> {
        while random.chance(known_share) {
            match self.known.pop() {
                Some(elder) if elder.alive(after(on, 20)) => return elder,
                Some(_) => {}
                None => break,
            }
        }
        let (male, years) = (random.chance(4_700), random.between(65, 77));
        let (birth, place) = (born(random, years), self.places.draw(random));
        let person = settler.people.add_alone(random, &place, male, birth);
        live(&person, random);
        // Whoever is wanted on a day has lived to see it.
        if !person.alive(after(on, 20)) {
            person.death.set(None);
        }
        settler.house(&person, 77);
        person
    }
}
