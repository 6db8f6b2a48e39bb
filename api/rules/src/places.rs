//! 住处 · where a household lived, by dates: periods without gaps, the first one open at its beginning, the last one at its
//! end. What is counted on a day is counted where the household lived on that day.

use chrono::NaiveDate;

/// A place, and which standard applies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Twelve digits.
    pub division: String,
    /// URBAN or RURAL
    pub area: String,
}

/// A place where a household lives no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Where.
    pub place: Place,
    /// First day; `None`: as long as anything is known.
    pub from: Option<NaiveDate>,
    /// First day elsewhere.
    pub until: NaiveDate,
}

/// All places of a household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Those of before, earliest first.
    pub former: Vec<Former>,
    /// Where it lives.
    pub now: Place,
    /// Since when, where that is known. Of one that is not known to have lived elsewhere this is told and no more: what is
    /// counted before counts here too.
    pub since: Option<NaiveDate>,
}

/// Why a household cannot have moved so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Not before it happens.
    Ahead,
    /// Before it came to where it was last, which was on this day.
    Earlier(NaiveDate),
}

impl Places {
    /// Of a household that never moved.
    pub fn of(now: Place) -> Self {
        Self { former: Vec::new(), now, since: None }
    }

    /// Where it lived on a day.
    pub fn on(&self, day: NaiveDate) -> &Place {
        self.former.iter().find(|former| day < former.until).map_or(&self.now, |former| &former.place)
    }

    /// After it is told that it lives somewhere, since a day; left out: since today, where that is elsewhere. The same
    /// place with another day corrects the day, the same day with another place the place.
    pub fn told(&self, to: &Place, since: Option<NaiveDate>, today: NaiveDate) -> Result<Self, Wrong> {
        if since.is_some_and(|day| day > today) {
            return Err(Wrong::Ahead);
        }
        let mut places = self.clone();
        if *to == self.now {
            let Some(day) = since else { return Ok(places) };
            if let Some(last) = places.former.last_mut() {
                if let Some(from) = last.from.filter(|from| *from >= day) {
                    return Err(Wrong::Earlier(from));
                }
                last.until = day;
            }
            places.since = Some(day);
            return Ok(places);
        }
        let day = since.unwrap_or(today);
        match self.since {
            Some(last) if day < last => return Err(Wrong::Earlier(last)),
            // It never lived where it was told to.
            Some(last) if day == last => {
                if let Some(back) = places.former.pop_if(|former| former.place == *to) {
                    places.since = back.from;
                }
            }
            last => {
                let from = last.filter(|_| !self.former.is_empty());
                places.former.push(Former { place: self.now.clone(), from, until: day });
                places.since = Some(day);
            }
        }
        places.now = to.clone();
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn place(name: &str) -> Place {
        Place { division: name.to_owned(), area: "URBAN".to_owned() }
    }

    fn told(places: &Places, to: &str, since: Option<&str>) -> Result<Places, Wrong> {
        places.told(&place(to), since.map(day), day("2023-12-31"))
    }

    #[test]
    fn the_past_keeps_the_old_place() {
        let first = Places::of(place("A"));
        let moved = told(&first, "B", Some("2023-07-01")).unwrap();
        for (on, at) in [("1990-01-01", "A"), ("2023-06-30", "A"), ("2023-07-01", "B"), ("2024-01-01", "B")] {
            assert_eq!(moved.on(day(on)), &place(at), "{on}");
        }
        // Told again nothing changes, with its day or without.
        assert_eq!(told(&moved, "B", None).as_ref(), Ok(&moved));
        assert_eq!(told(&moved, "B", Some("2023-07-01")).as_ref(), Ok(&moved));
        // Without a day it moves today, and back again it is a third time.
        let back = told(&moved, "A", None).unwrap();
        assert_eq!((back.on(day("2023-12-30")), back.on(day("2023-12-31"))), (&place("B"), &place("A")));
        assert_eq!((back.former.len(), back.since), (2, Some(day("2023-12-31"))));
    }

    #[test]
    fn a_mistake_can_be_mended() {
        let first = Places::of(place("A"));
        let moved = told(&first, "B", Some("2023-07-01")).unwrap();
        let later = told(&moved, "B", Some("2023-08-01")).unwrap();
        assert_eq!((later.on(day("2023-07-15")), later.since), (&place("A"), Some(day("2023-08-01"))));
        let elsewhere = told(&moved, "C", Some("2023-07-01")).unwrap();
        assert_eq!((elsewhere.on(day("2023-07-01")), elsewhere.former.len()), (&place("C"), 1));
        assert_eq!(told(&moved, "A", Some("2023-07-01")), Ok(first));
    }

    #[test]
    fn nobody_moves_in_the_future_or_before_the_last_move() {
        let moved = told(&Places::of(place("A")), "B", Some("2023-07-01")).unwrap();
        assert_eq!(told(&moved, "C", Some("2024-01-01")), Err(Wrong::Ahead));
        assert_eq!(told(&moved, "C", Some("2023-06-30")), Err(Wrong::Earlier(day("2023-07-01"))));
        let twice = told(&moved, "C", Some("2023-09-01")).unwrap();
        assert_eq!(told(&twice, "C", Some("2023-07-01")), Err(Wrong::Earlier(day("2023-07-01"))));
        // Nobody knows where one that never moved came from: what was before counts where it lives.
        let first = told(&Places::of(place("A")), "A", Some("2023-01-01")).unwrap();
        assert_eq!((first.since, first.on(day("2022-01-01"))), (Some(day("2023-01-01")), &place("A")));
        assert_eq!(told(&first, "B", Some("2022-12-31")), Err(Wrong::Earlier(day("2023-01-01"))));
        let moved = told(&first, "B", Some("2023-07-01")).unwrap();
        assert_eq!((moved.former[0].from, moved.on(day("2022-01-01"))), (None, &place("A")));
    }
}
