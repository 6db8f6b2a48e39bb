//! 人员 · what other rooms know of persons beside their rows: the kinds of their papers.

minzheng_ground::codes! {
    /// 证件类型 · kind of identity paper.
    IdKind, IdKindFilter, "ID_KIND" {
        CitizenId "CITIZEN_ID" "居民身份证" "citizen's identity card",
        HongKongMacaoPermit "HK_MACAO_PERMIT" "港澳居住证" "residence permit for Hong Kong and Macao residents",
        TaiwanPermit "TAIWAN_PERMIT" "台湾居住证" "residence permit for Taiwan residents",
        Passport "PASSPORT" "护照" "passport",
        None "NONE" "无证件" "none: the bureau's own number",
    }
}
