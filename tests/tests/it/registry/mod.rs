//! Divisions, persons, households.

mod division;
