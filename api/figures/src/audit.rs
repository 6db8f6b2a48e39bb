//! 推算检查 · whether numbers that are hidden can be worked out from sums: all equations are solved at once, exactly, in
//! the field of a large prime. A number is determined if it is zero in every solution of the equations whose known terms
//! are zero; a random solution is zero there and, but for one chance in 2⁶¹, nowhere else.

/// 2⁶¹ − 1
const PRIME: u64 = (1 << 61) - 1;

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let (low, high) = (product & u128::from(PRIME), product >> 61);
    let sum = u64::try_from(low).unwrap_or(0) + u64::try_from(high).unwrap_or(0);
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn plus(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn minus(a: u64) -> u64 {
    if a == 0 { 0 } else { PRIME - a }
}

/// 1 / a
fn inverse(a: u64) -> u64 {
    let (mut power, mut by, mut left) = (1, a, PRIME - 2);
    while left > 0 {
        if left & 1 == 1 {
            power = times(power, by);
        }
        by = times(by, by);
        left >>= 1;
    }
    power
}

/// A number that looks drawn by lot, for a number (splitmix64): the same grid is closed alike in every process.
fn drawn(of: usize) -> u64 {
    let mut z = (of as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % PRIME
}

/// Hidden terms of a sum, each with its sign.
pub type Equation = Vec<(usize, i64)>;

/// The hidden numbers that the equations determine, in order.
pub fn determined(equations: &[Equation]) -> Vec<usize> {
    // Unknowns by their place in the list of all.
    let mut all: Vec<usize> = equations.iter().flatten().map(|(unknown, _)| *unknown).collect();
    all.sort_unstable();
    all.dedup();
    let place = |unknown: &usize| all.binary_search(unknown).unwrap_or(0);
    let equations: Vec<Equation> = equations
        .iter()
        .map(|equation| equation.iter().map(|(unknown, sign)| (place(unknown), *sign)).collect())
        .collect();
    let mut with: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
    for (n, equation) in equations.iter().enumerate() {
        for (unknown, _) in equation {
            if let Some(with) = with.get_mut(*unknown) {
                with.push(n);
            }
        }
    }
    // What stands in one equation alone can be whatever the equation asks: both are put aside, again and again.
    let mut left: Vec<usize> = with.iter().map(Vec::len).collect();
    let mut free: Vec<usize> = left.iter().zip(0..).filter(|(count, _)| **count == 1).map(|(_, n)| n).collect();
    let mut aside: Vec<(usize, usize)> = Vec::new();
    let mut is_aside = vec![false; equations.len()];
    while let Some(unknown) = free.pop() {
        let mut own = with.get(unknown).into_iter().flatten();
        let Some(equation) = own.find(|n| is_aside.get(**n) == Some(&false)).copied() else { continue };
        if let Some(is_aside) = is_aside.get_mut(equation) {
            *is_aside = true;
        }
        aside.push((unknown, equation));
        for (other, _) in equations.get(equation).into_iter().flatten() {
            let Some(count) = left.get_mut(*other) else { continue };
            *count = count.saturating_sub(1);
            if *count == 1 {
                free.push(*other);
            }
        }
    }
    let kept = |(equation, is_aside): (&Equation, &bool)| (!is_aside).then(|| equation.clone());
    let mut values = solution(equations.iter().zip(&is_aside).filter_map(kept).collect(), all.len());
    // What was put aside last is asked for first.
    for (unknown, equation) in aside.into_iter().rev() {
        let (mut sum, mut own) = (0, 1);
        for (other, sign) in equations.get(equation).into_iter().flatten() {
            if *other == unknown {
                own = *sign;
                continue;
            }
            let value = values.get(*other).copied().unwrap_or(0);
            sum = plus(sum, if *sign < 0 { minus(value) } else { value });
        }
        if let Some(value) = values.get_mut(unknown) {
            *value = if own < 0 { sum } else { minus(sum) };
        }
    }
    all.iter().zip(values).filter(|(_, value)| *value == 0).map(|(unknown, _)| *unknown).collect()
}

/// Unknowns in order, with their factors.
type Row = Vec<(usize, u64)>;

/// A row less so many times another.
fn less(row: &Row, factor: u64, other: &Row) -> Row {
    let (mut a, mut b) = (row.iter().copied().peekable(), other.iter().copied().peekable());
    let mut left = Vec::with_capacity(row.len() + other.len());
    let factor = minus(factor);
    loop {
        let (unknown, value) = match (a.peek().copied(), b.peek().copied()) {
            (Some((x, value)), Some((y, _))) if x < y => (x, value),
            (Some((x, value)), Some((y, by))) if x == y => (x, plus(value, times(factor, by))),
            (_, Some((y, by))) => (y, times(factor, by)),
            (Some(term), None) => term,
            (None, None) => return left,
        };
        a.next_if(|(x, _)| *x == unknown);
        b.next_if(|(y, _)| *y == unknown);
        if value != 0 {
            left.push((unknown, value));
        }
    }
}

/// A random solution of equations that all give zero, by the unknown's number.
fn solution(mut equations: Vec<Equation>, unknowns: usize) -> Vec<u64> {
    equations.sort_by_key(Vec::len);
    let mut often = vec![0_usize; unknowns];
    for (unknown, _) in equations.iter().flatten() {
        if let Some(often) = often.get_mut(*unknown) {
            *often += 1;
        }
    }
    // Rows with one at their pivot, each without the pivots before it.
    let mut rows: Vec<(usize, Row)> = Vec::new();
    let mut row_of: Vec<Option<usize>> = vec![None; unknowns];
    for mut equation in equations {
        equation.sort_unstable();
        let mut row: Row = Vec::with_capacity(equation.len());
        for (unknown, sign) in equation {
            let value = if sign < 0 { minus(1) } else { 1 };
            match row.last_mut().filter(|(last, _)| *last == unknown) {
                Some((_, known)) => *known = plus(*known, value),
                None => row.push((unknown, value)),
            }
        }
        row.retain(|(_, value)| *value != 0);
        // A row has no pivots but later ones: from the first on each is met once.
        let first = |row: &Row| {
            let pivots = row.iter().filter_map(|(unknown, value)| Some(((*row_of.get(*unknown)?)?, *value)));
            pivots.min()
        };
        while let Some((n, factor)) = first(&row) {
            let Some((_, by)) = rows.get(n) else { break };
            row = less(&row, factor, by);
        }
        let count = |unknown: usize| often.get(unknown).copied().unwrap_or(0);
        let Some((pivot, value)) = row.iter().copied().min_by_key(|(unknown, _)| (count(*unknown), *unknown)) else {
            continue;
        };
        let by = inverse(value);
        for (_, value) in &mut row {
            *value = times(*value, by);
        }
        if let Some(row_of) = row_of.get_mut(pivot) {
            *row_of = Some(rows.len());
        }
        rows.push((pivot, row));
    }
    let mut values: Vec<u64> = (0..unknowns).map(drawn).collect();
    for (pivot, row) in rows.into_iter().rev() {
        let of = |unknown: usize| values.get(unknown).copied().unwrap_or(0);
        let others = row.iter().filter(|(unknown, _)| *unknown != pivot);
        let sum = others.fold(0, |sum, (unknown, value)| plus(sum, times(*value, of(*unknown))));
        if let Some(value) = values.get_mut(pivot) {
            *value = minus(sum);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(whole: usize, parts: &[usize]) -> Equation {
        parts.iter().map(|part| (*part, 1)).chain([(whole, -1)]).collect()
    }

    fn known(parts: &[usize]) -> Equation {
        parts.iter().map(|part| (*part, 1)).collect()
    }

    #[test]
    fn one_hidden_term_is_determined_and_two_are_not() {
        assert_eq!(determined(&[known(&[1])]), [1]);
        assert_eq!(determined(&[known(&[1, 2])]), [0_usize; 0]);
        assert_eq!(determined(&[known(&[1, 2]), known(&[2])]), [1, 2]);
    }

    #[test]
    fn what_lies_between_two_rings_is_determined_though_each_of_its_sums_has_two_hidden_terms() {
        // Rows and columns of a table: two squares of hidden numbers, and one between them.
        let rings = [[1, 2, 3, 4], [5, 6, 7, 8]];
        let mut equations = Vec::new();
        for [a, b, c, d] in rings {
            equations.extend([known(&[a, b]), known(&[c, d]), known(&[a, c])]);
        }
        equations.push(known(&[2, 4, 9]));
        equations.push(known(&[6, 8, 9]));
        assert_eq!(determined(&equations), [9]);
    }

    #[test]
    fn the_same_said_twice_determines_nothing() {
        assert_eq!(determined(&[sum(3, &[1, 2]), sum(3, &[1, 2]), known(&[1, 2, 4])]), [0_usize; 0]);
        assert_eq!(determined(&[sum(3, &[1, 2]), known(&[1, 2])]), [3]);
    }

    /// Numbers that add up over two places, two towns, three times and two kinds: against elimination by hand.
    #[test]
    fn it_agrees_with_the_rank_of_the_equations() {
        let mut seed = 7_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..300 {
            let unknowns = 3 + usize::try_from(next(7)).unwrap();
            let equations: Vec<Equation> = (0..2 + next(7))
                .map(|_| {
                    let mut equation = Vec::new();
                    for unknown in 0..unknowns {
                        match next(4) {
                            0 => equation.push((unknown, 1)),
                            1 => equation.push((unknown, -1)),
                            _ => {}
                        }
                    }
                    equation
                })
                .collect();
            let rank = |more: Option<usize>| {
                let row = |equation: &Equation| {
                    let mut row = vec![0_i128; unknowns];
                    for (unknown, sign) in equation {
                        row[*unknown] += i128::from(*sign);
                    }
                    row
                };
                let mut rows: Vec<Vec<i128>> = equations.iter().map(row).collect();
                rows.extend(more.map(|unknown| row(&vec![(unknown, 1)])));
                let mut rank = 0;
                for column in 0..unknowns {
                    let Some(pivot) = (rank..rows.len()).find(|n| rows[*n][column] != 0) else { continue };
                    rows.swap(rank, pivot);
                    for n in rank + 1..rows.len() {
                        let (a, b) = (rows[rank][column], rows[n][column]);
                        let above = rows[rank].clone();
                        for (value, above) in rows[n].iter_mut().zip(above) {
                            *value = *value * a - above * b;
                        }
                    }
                    rank += 1;
                }
                rank
            };
            let met = |unknown: &usize| equations.iter().flatten().any(|(other, _)| other == unknown);
            let expected: Vec<usize> =
                (0..unknowns).filter(met).filter(|unknown| rank(None) == rank(Some(*unknown))).collect();
            assert_eq!(determined(&equations), expected, "{equations:?}");
        }
    }
}
