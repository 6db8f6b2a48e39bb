//! The project's only randomness: the operating system's generator, with its failure as an error.

use super::SecretError;

/// `N` random bytes from the operating system. Fails only when that gives none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], SecretError> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

/// Fills a buffer with random bytes from the operating system. Fails only when that gives none.
pub fn fill_random(bytes: &mut [u8]) -> Result<(), SecretError> {
    getrandom::fill(bytes).map_err(|_| SecretError::Randomness)
}

/// A random number from 0 to `bound` − 1, each as likely as the other (0 for a bound of 0); for alphabets and jitter.
/// Fails only when the operating system gives no random bytes.
pub fn random_below(bound: u32) -> Result<u32, SecretError> {
    if bound == 0 {
        return Ok(0);
    }
    // Numbers under 2³² mod bound would make the small results likelier: draw again.
    let unfair = bound.wrapping_neg() % bound;
    loop {
        let drawn = u32::from_le_bytes(random_bytes()?);
        if drawn >= unfair {
            return Ok(drawn % bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_differ() {
        assert_ne!(random_bytes::<32>().unwrap(), random_bytes::<32>().unwrap());
    }

    #[test]
    fn below_stays_below_and_reaches_all() {
        let mut seen = [0_u32; 6];
        for _ in 0..600 {
            seen[random_below(6).unwrap() as usize] += 1;
        }
        assert!(seen.iter().all(|&count| count > 30), "{seen:?}");
        assert_eq!(random_below(1).unwrap(), 0);
        assert_eq!(random_below(0).unwrap(), 0);
    }
}
