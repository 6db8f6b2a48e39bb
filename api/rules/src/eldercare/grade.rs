//! 养老机构等级 · GB/T 37276-2018: 1,000 points in four parts; a grade needs its sum and its share of every part
//! (domain §2.5).

/// The most points of 环境, 设施设备, 运营管理, 服务.
pub const PARTS_MOST: [u32; 4] = [120, 130, 150, 600];
/// Grade 1 (一级, the lowest) to 5: least sum, least percent of each part.
pub const GRADES: [(u32, u32); 5] = [(360, 40), (450, 50), (570, 60), (780, 80), (900, 90)];
/// 有效期 · years for which a grade holds.
pub const YEARS_VALID: u32 = 3;

/// A part has more points than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPoints;

/// The grade by the points of the four parts; `None`: none.
pub fn grade(points: [u32; 4]) -> Result<Option<u8>, TooManyPoints> {
    if points.iter().zip(PARTS_MOST).any(|(part, most)| *part > most) {
        return Err(TooManyPoints);
    }
    let sum: u32 = points.iter().sum();
    let reached = |percent: u32| points.iter().zip(PARTS_MOST).all(|(part, most)| part * 100 >= most * percent);
    let held = (1_u8..).zip(GRADES).filter(|(_, (least, percent))| sum >= *least && reached(*percent));
    Ok(held.map(|(grade, _)| grade).max())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_domain() {
        for (points, expected) in [
            ([48, 52, 60, 240], Some(1)),
            ([60, 65, 75, 250], Some(1)),
            ([108, 117, 135, 540], Some(5)),
            ([107, 118, 135, 540], Some(4)),
            ([40, 60, 60, 300], None),
            ([0, 0, 0, 0], None),
        ] {
            assert_eq!(grade(points), Ok(expected), "{points:?}");
        }
        assert_eq!(grade([121, 0, 0, 0]), Err(TooManyPoints));
        assert_eq!(grade(PARTS_MOST), Ok(Some(5)));
        assert_eq!(PARTS_MOST.iter().sum::<u32>(), 1_000);
    }
}
