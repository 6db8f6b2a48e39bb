//! Numbers that look random and are the same on every machine: `SplitMix64` (Steele, Lea, Flood 2014), a
//! stream for each name, whole numbers only. A new sheet takes a stream of its own and shifts no other.

/// One stream.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of this name; the name enters by FNV-1a.
    pub fn of(seed: u64, name: &str) -> Self {
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut stream = Self(seed ^ hash);
        stream.next();
        stream
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, this; 0 of nothing.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high half of the product: the bias is below 2⁻³² for every count used here.
        u64::try_from((u128::from(self.next()) * u128::from(end)) >> 64).unwrap_or(0)
    }

    /// A place in a list of this length.
    pub fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Both ends included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = u64::try_from(to - from + 1).unwrap_or(1);
        from + i64::try_from(self.below(width)).unwrap_or(0)
    }

    /// From 0 up to this, small numbers more often: the smaller of two draws.
    pub fn below_square(&mut self, end: i64) -> i64 {
        self.between(0, end).min(self.between(0, end))
    }

    /// True so often in 10,000.
    pub fn chance(&mut self, in_10_000: u64) -> bool {
        self.below(10_000) < in_10_000
    }

    /// One of a list; the default of an empty one.
    pub fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        list.get(self.place(list.len())).copied().unwrap_or_default()
    }

    /// One of a list, borrowed.
    pub fn one_of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.place(list.len()))
    }

    /// One of a list by weight.
    pub fn weighted<T: Copy + Default>(&mut self, list: &[(T, u32)]) -> T {
        let mut left = self.below(list.iter().map(|(_, weight)| u64::from(*weight)).sum());
        for (item, weight) in list {
            if left < u64::from(*weight) {
                return *item;
            }
            left -= u64::from(*weight);
        }
        T::default()
    }

    /// Puts a list in another order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            let other = self.place(end + 1);
            list.swap(end, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_of_splitmix64() {
        // First outputs for the state 1234567, as in the reference implementation.
        let mut stream = Random(1_234_567);
        assert_eq!(
            [stream.next(), stream.next(), stream.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn streams_differ_by_seed_and_by_name() {
        let first = |seed, name| Random::of(seed, name).next();
        assert_eq!(first(1, "a"), first(1, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
        assert_ne!(first(1, "a"), first(2, "a"));
    }

    #[test]
    fn weights_and_bounds_are_kept() {
        let mut stream = Random::of(7, "weights");
        let heads = (0..10_000).filter(|_| stream.weighted(&[(true, 1), (false, 3)])).count();
        assert!((2_300..2_700).contains(&heads), "{heads}");
        assert!((0..10_000).map(|_| stream.between(-3, 3)).all(|n| (-3..=3).contains(&n)));
        assert_eq!(stream.pick::<u8>(&[]), 0);
        let mut list: Vec<u32> = (0..50).collect();
        stream.shuffle(&mut list);
        let mut sorted = list.clone();
        sorted.sort_unstable();
        assert!(list != sorted && sorted == (0..50).collect::<Vec<_>>());
    }
}
