//! What groups are called.

use forewarn_data::geography;

use super::{Group, Leads, State};

/// The name of a country, region or state; `None` for groups that are numbers.
pub(super) fn label(group: Group, key: Option<i32>) -> Option<String> {
    let key = key?;
    match group {
        Group::Country => {
            let country = geography::countries().iter().find(|c| i64::from(c.id) == i64::from(key))?;
            Some(country.name.to_owned())
        }
        Group::Region => geography::area(u16::try_from(key).ok()?).map(|a| a.name.to_owned()),
        Group::State => State::ALL.into_iter().find(|s| *s as i32 == key).map(|s| s.as_str().to_owned()),
        Group::Leads => Some(Leads::label(key)),
        Group::All | Group::Step | Group::Origin | Group::Month => None,
    }
}
