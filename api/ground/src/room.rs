//! The rooms of the business, as clients name them.

use async_graphql::Enum;

/// 业务板块 · the room that a task or a finding belongs to.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// 账户与权限
    Access,
    /// 基础登记
    Registry,
    /// 数据交换
    Exchange,
    /// 统计与报告
    Figures,
    /// 资金发放
    Payments,
    /// 福利待遇
    Welfare,
    /// 养老服务
    Eldercare,
}
