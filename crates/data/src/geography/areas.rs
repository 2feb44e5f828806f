//! Regions of the world: the smallest geographic regions of the UN M49 standard.

/// A region of the UN M49 standard: an intermediate region where the standard has one, else a sub-region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// M49 code.
    pub code: u16,
    /// Name in English.
    pub name: &'static str,
    /// ISO 3166-1 alpha-3 codes of the countries of the VIEWS table there, a blank between two.
    members: &'static str,
}

const fn is(code: u16, name: &'static str, members: &'static str) -> Area {
    Area { code, name, members }
}

/// Source: United Nations Statistics Division, Standard country or area codes for statistical use (M49),
/// <https://unstats.un.org/unsd/methodology/m49/>. Former states are where the standard had them, or where their parts are
/// (`SUN`, `DDR`, `CSK`, `YUG`, `SCG`, `YMD`). Kosovo (`XKX`) and Taiwan (`TWN`) are not listed by it and stand with
/// their neighbours.
const AREAS: [Area; 22] = [
    is(5, "South America", "ARG BOL BRA CHL COL ECU GUY PER PRY SUR URY VEN"),
    is(11, "Western Africa", "BEN BFA CIV CPV GHA GIN GMB GNB LBR MLI MRT NER NGA SEN SLE TGO"),
    is(13, "Central America", "BLZ CRI GTM HND MEX NIC PAN SLV"),
    is(14, "Eastern Africa", "BDI COM DJI ERI ETH KEN MDG MOZ MUS MWI RWA SOM SSD SYC TZA UGA ZMB ZWE"),
    is(15, "Northern Africa", "DZA EGY LBY MAR SDN TUN"),
    is(17, "Middle Africa", "AGO CAF CMR COD COG GAB GNQ STP TCD"),
    is(18, "Southern Africa", "BWA LSO NAM SWZ ZAF"),
    is(21, "Northern America", "CAN USA"),
    is(29, "Caribbean", "ATG BHS BRB CUB DMA DOM GRD HTI JAM KNA LCA TTO VCT"),
    is(30, "Eastern Asia", "CHN JPN KOR MNG PRK TWN"),
    is(34, "Southern Asia", "AFG BGD BTN IND IRN LKA MDV NPL PAK"),
    is(35, "South-eastern Asia", "BRN IDN KHM LAO MMR MYS PHL SGP THA TLS VNM"),
    is(39, "Southern Europe", "ALB AND BIH ESP GRC HRV ITA MKD MLT MNE PRT SCG SMR SRB SVN XKX YUG"),
    is(53, "Australia and New Zealand", "AUS NZL"),
    is(54, "Melanesia", "FJI PNG SLB VUT"),
    is(57, "Micronesia", "FSM KIR MHL NRU PLW"),
    is(61, "Polynesia", "TON TUV WSM"),
    is(143, "Central Asia", "KAZ KGZ TJK TKM UZB"),
    is(145, "Western Asia", "ARE ARM AZE BHR CYP GEO IRQ ISR JOR KWT LBN OMN PSE QAT SAU SYR TUR YEM YMD"),
    is(151, "Eastern Europe", "BGR BLR CSK CZE DDR HUN MDA POL ROU RUS SUN SVK UKR"),
    is(154, "Northern Europe", "DNK EST FIN GBR IRL ISL LTU LVA NOR SWE"),
    is(155, "Western Europe", "AUT BEL CHE DEU FRA LIE LUX MCO NLD"),
];

/// The region with this M49 code.
pub fn area(code: u16) -> Option<&'static Area> {
    AREAS.iter().find(|a| a.code == code)
}

/// The region of a country.
pub(super) fn of(iso3: &str) -> Option<&'static Area> {
    AREAS.iter().find(|a| a.members.split(' ').any(|m| m == iso3))
}

#[cfg(test)]
mod tests {
    use super::super::countries;
    use super::*;

    #[test]
    fn every_country_is_in_one_region() {
        for country in countries() {
            let n = AREAS.iter().filter(|a| a.members.split(' ').any(|m| m == country.iso3)).count();
            assert_eq!(n, 1, "{} {}", country.iso3, country.name);
        }
    }

    #[test]
    fn regions_of_some_countries() {
        for (iso3, code) in [("SDN", 15), ("SSD", 14), ("IRN", 34), ("TUR", 145), ("MLI", 11), ("MEX", 13)] {
            assert_eq!(of(iso3).map(|a| a.code), Some(code), "{iso3}");
        }
        assert_eq!(of("ZZZ"), None);
        assert!(AREAS.is_sorted_by_key(|a| a.code));
        assert_eq!(area(145).map(|a| a.name), Some("Western Asia"));
    }
}
