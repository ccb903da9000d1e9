use super::*;
use core::cmp::Ordering;

fn number(text: &str) -> Option<String> {
    Number::parse(text).map(|number| number.text().to_string())
}

#[test]
fn numbers_have_one_normal_form() {
    for (text, normal) in [
        ("0", "0"),
        ("-0", "0"),
        ("+0.000", "0"),
        ("010", "10"),
        ("10.0", "10"),
        ("+10", "10"),
        ("-0.50", "-0.5"),
        ("00.5", "0.5"),
        ("9007199254740993", "9007199254740993"),
        ("100", "100"),
    ] {
        assert_eq!(number(text).as_deref(), Some(normal), "{text}");
    }
    for text in ["", "+", "-", ".", "1.", ".5", "1e5", "1E5", "--1", "+-1", "1.2.3", " 1", "1 ", "0x1", "NaN", "inf", "١", "1,5", "1_000"]
    {
        assert_eq!(number(text), None, "{text}");
    }
    let digits = "1".repeat(64);
    assert_eq!(number(&digits), Some(digits.clone()));
    assert_eq!(number(&format!("1{digits}")), None);
    assert_eq!(number(&format!("0{digits}")), None, "digits count as written");
    assert_eq!(number(&format!("-{digits}.{digits}")), Some(format!("-{digits}.{digits}")));
    assert_eq!(number(&format!("1.{digits}0")), None);
}

#[test]
fn numbers_are_ordered_by_value() {
    let ascending = ["-100", "-99.9", "-1.01", "-1", "-0.5", "-0.49", "0", "0.0001", "0.5", "0.51", "1", "1.5", "2", "10", "99", "100"];
    for (place, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            let expected = place.cmp(&other);
            assert_eq!(Decimal::parse(left).unwrap().cmp(&Decimal::parse(right).unwrap()), expected, "{left} {right}");
            assert_eq!(Number::parse(left).cmp(&Number::parse(right)), expected);
            assert_eq!(Moment::parse_seconds(left).unwrap().cmp(&Moment::parse_seconds(right).unwrap()), expected, "{left} {right}");
            assert_eq!(Instant::parse(left).cmp(&Instant::parse(right)), expected);
        }
    }
    assert_eq!(Decimal::parse("9007199254740993").cmp(&Decimal::parse("9007199254740992")), Ordering::Greater);
    assert_eq!(Decimal::parse("10.0"), Decimal::parse("+010"));
}

fn instant(text: &str) -> Option<String> {
    let instant = Instant::parse(text).map(|instant| instant.text().to_string());
    // The stored form reads back as the same moment.
    if let Some(normal) = &instant {
        assert_eq!(Moment::parse_seconds(normal), Moment::parse(text), "{text}");
        assert_eq!(Instant::parse(normal).unwrap().text(), normal);
    }
    instant
}

#[test]
fn dates_are_seconds() {
    for (text, seconds) in [
        ("1970-01", "0"),
        ("1970-01-01", "0"),
        ("1970-01-01T00:00", "0"),
        ("1970-01-01T00:00Z", "0"),
        ("1970-01-01T00:00:00Z", "0"),
        ("1970-01-01T01:00+01:00", "0"),
        ("1969-12-31T23:00:00-01:00", "0"),
        ("1970-01-01T00:00:00.500Z", "0.5"),
        ("1969-12-31T23:59:59.5Z", "-0.5"),
        ("1969-12-31T23:59:58.25", "-1.75"),
        ("1969-12-31T23:59:59Z", "-1"),
        ("2000-02-29", "951782400"),
        ("2024-02-29T12:34:56Z", "1709210096"),
        ("2026-01-01T00:00:00.000000001Z", "1767225600.000000001"),
        ("0001-01-01", "-62135596800"),
        ("9999-12-31T23:59:59.999999999Z", "253402300799.999999999"),
        ("9999-12-31T23:59:59-23:59", "253402387139"),
        ("0001-01-01T00:00+23:59", "-62135683140"),
        ("2024", "2024"),
        ("-1", "-1"),
        ("+1.50", "1.5"),
        ("-0.25", "-0.25"),
        ("-3.75", "-3.75"),
        ("-0", "0"),
        ("999999999999999999", "999999999999999999"),
        ("-999999999999999999.5", "-999999999999999999.5"),
    ] {
        assert_eq!(instant(text).as_deref(), Some(seconds), "{text}");
    }
    for text in [
        "",
        "0000-01",
        "1970-00",
        "1970-13",
        "1970-1",
        "1970-01-00",
        "1970-01-32",
        "1970-02-29",
        "1900-02-29",
        "1970-04-31",
        "1970-01Z",
        "1970-01-01Z",
        "1970-01-01T",
        "1970-01-01T00",
        "1970-01-01T00Z",
        "1970-01-01T24:00",
        "1970-01-01T00:60",
        "1970-01-01T00:00:60",
        "1970-01-01T00:00:00.",
        "1970-01-01T00:00:00.1234567890",
        "1970-01-01T00:00.5",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+00:60",
        "1970-01-01T00:00:00+0000",
        "1970-01-01T00:00:00+00:00Z",
        "1970-01-01t00:00:00Z",
        "1970-01-01T00:00:00z",
        "1970-01-01 00:00:00",
        "19700-01-01",
        "970-01-01",
        "+1970-01-01",
        "1970-01-01T00:00:00Z ",
        "1000000000000000000",
        "1e9",
        "1970-01-01T00:00:00,5Z",
        "é970-01",
    ] {
        assert_eq!(instant(text), None, "{text}");
    }
    let fraction = "1".repeat(64);
    assert_eq!(instant(&format!("-1.{fraction}")), Some(format!("-1.{fraction}")));
    assert_eq!(instant(&format!("1.{fraction}1")), None);
}

#[test]
fn each_day_follows_the_one_before() {
    let mut previous = None;
    for year in [1, 4, 100, 400, 1582, 1899, 1900, 1969, 1970, 1971, 1999, 2000, 2001, 2004, 2100, 2400, 9999] {
        previous = None;
        for month in 1..=12 {
            for day in 1..=31 {
                let Some(instant) = Instant::parse(&format!("{year:04}-{month:02}-{day:02}")) else {
                    assert!(day > 28);
                    continue;
                };
                let seconds: i64 = instant.text().parse().unwrap();
                assert!(previous.is_none_or(|previous| seconds == previous + 86_400), "{year}-{month}-{day}");
                previous = Some(seconds);
            }
        }
    }
    assert_eq!(previous, Some(253_402_300_800 - 86_400));
}

#[test]
fn moments_compare_across_forms() {
    let compare = |left, right| Moment::parse(left).unwrap().cmp(&Moment::parse(right).unwrap());
    assert_eq!(compare("1969-12-31T23:59:59.75Z", "-0.25"), Ordering::Equal);
    assert_eq!(compare("1969-12-31T23:59:59.75Z", "-0.3"), Ordering::Greater);
    assert_eq!(compare("1969-12-31T23:59:59.7Z", "-0.25"), Ordering::Less);
    assert_eq!(compare("-0.1", "-0.10"), Ordering::Equal);
    assert_eq!(compare("-1", "-0.999999"), Ordering::Less);
    assert_eq!(compare("-0.5", "0"), Ordering::Less);
    assert_eq!(compare("1700000000", "2023-11-14T22:13:20Z"), Ordering::Equal);
}

fn cidr(text: &str) -> Option<(u8, u8, bool)> {
    let (cidr, masked) = Cidr::parse(text)?;
    assert!(cidr.is_normal(), "{text}");
    Some((cidr.family, cidr.prefix, masked))
}

#[test]
fn networks_are_read_strictly() {
    for (text, expected) in [
        ("10.0.0.0/8", (4, 8, false)),
        ("10.1.2.3/8", (4, 8, true)),
        ("10.1.2.3", (4, 32, false)),
        ("0.0.0.0/0", (4, 0, false)),
        ("255.255.255.255/0", (4, 0, true)),
        ("2001:db8::/32", (6, 32, false)),
        ("2001:DB8:0::1", (6, 128, false)),
        ("2001:db8::1/32", (6, 32, true)),
        ("::/0", (6, 0, false)),
        ("::ffff:10.0.0.0/104", (4, 8, false)),
        ("::ffff:a00:1", (4, 32, false)),
        ("::ffff:0:0/96", (4, 0, false)),
        ("::ffff:0:0/95", (6, 95, true)),
        ("::ffff:1.2.3.4/97", (4, 1, true)),
    ] {
        assert_eq!(cidr(text), Some(expected), "{text}");
    }
    for text in [
        "",
        "10.0.0",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/+8",
        "10.0.0.0/",
        "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0",
        "010.0.0.0",
        "10.0.0.256",
        "::/129",
        "::/1000",
        "fe80::1%eth0",
        "::1::",
        "1:2:3:4:5:6:7:8:9",
        "g::",
        " ::1",
        "[::1]",
        "::ffff:010.0.0.1",
    ] {
        assert_eq!(cidr(text), None, "{text}");
    }
}

#[test]
fn networks_contain_addresses() {
    let contains = |network: &str, address: &str| Cidr::parse(network).unwrap().0.contains(&Address::parse(address).unwrap());
    for (network, address, expected) in [
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("10.0.0.0/8", "a00::", false),
        ("0.0.0.0/0", "255.1.2.3", true),
        ("0.0.0.0/0", "::1", false),
        ("::/0", "::1", true),
        ("::/0", "1.2.3.4", false),
        ("::/0", "::ffff:1.2.3.4", false),
        ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ("2001:db8::/33", "2001:db8:7fff::", true),
        ("2001:db8::/33", "2001:db8:8000::", false),
        ("2001:DB8:0::1", "2001:db8::1", true),
        ("1.2.3.4/31", "1.2.3.5", true),
        ("1.2.3.4/31", "1.2.3.6", false),
        ("1.2.3.4", "1.2.3.5", false),
    ] {
        assert_eq!(contains(network, address), expected, "{network} {address}");
    }
    for text in ["10.0.0.0/8", "10.0.0.01", "", "1.2.3", "::1/128", "fe80::1%1"] {
        assert_eq!(Address::parse(text), None, "{text}");
    }
}

#[test]
fn networks_out_of_normal_form_are_told() {
    let (normal, _) = Cidr::parse("10.0.0.0/8").unwrap();
    assert!(!Cidr { prefix: 33, ..normal }.is_normal());
    assert!(!Cidr { prefix: 4, ..normal }.is_normal(), "host bits");
    assert!(!Cidr { family: 5, ..normal }.is_normal());
    let mut mapped = [0; 16];
    mapped[10] = 0xff;
    mapped[11] = 0xff;
    assert!(!Cidr { address: mapped, family: 6, prefix: 96 }.is_normal());
}

#[test]
fn base64_has_one_text_for_each_byte_string() {
    for text in ["", "QQ==", "QUI=", "QUJD", "+/+/", "AAAA", "Zm9vYmFy"] {
        assert!(base64_is_canonical(text), "{text}");
    }
    for text in ["Q", "QQ", "QQ=", "QR==", "QUJ=", "QUJD\n", "Q===", "====", "=QQ=", "Q=Q=", "QQ==QQ==", "-_-_", "QU D", "QUé=", "=", "=="]
    {
        assert!(!base64_is_canonical(text), "{text}");
    }
    // Of all pairs before `==` exactly those with four zero bits are texts of one byte.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let pairs = alphabet.chars().flat_map(|a| alphabet.chars().map(move |b| format!("{a}{b}==")));
    assert_eq!(pairs.filter(|text| base64_is_canonical(text)).count(), 256);
    let triples = alphabet.chars().flat_map(|a| alphabet.chars().map(move |b| format!("A{a}{b}=")));
    assert_eq!(triples.filter(|text| base64_is_canonical(text)).count(), 64 * 16);
}

#[test]
fn folding_is_one_to_one_and_stable() {
    assert_eq!(fold("ÉA"), "éa");
    assert_eq!(fold_char('ß'), 'ß');
    assert_eq!(fold_char('ẞ'), 'ß');
    assert_eq!(fold_char('K'), 'k', "the Kelvin sign");
    assert_eq!(fold_char('ſ'), 's');
    assert_eq!(fold_char('İ'), 'İ', "its folding is not simple");
    for character in (0..=0x0010_ffff).filter_map(char::from_u32) {
        let folded = fold_char(character);
        assert_eq!(fold_char(folded), folded, "{character:?}");
    }
    assert!(equal_folded("ΣΑΣ", "σας"));
    assert!(!equal_folded("ß", "ss"));
    assert!(!equal_folded("a", "ab"));
    assert!(is_folded("straße") && !is_folded("Straße"));
    assert_eq!(UNICODE_VERSION, (16, 0, 0));
}
