//! Comma-separated values (RFC 4180) that are safe to open in a spreadsheet.

/// One line with these cells.
pub(super) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, value) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        cell(&mut line, value);
    }
    line.push_str("\r\n");
    line
}

/// Writes a cell. A value that a spreadsheet would evaluate as a formula is prefixed with an apostrophe (OWASP, "CSV Injection").
fn cell(line: &mut String, value: &str) {
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if !is_formula && !value.contains(['"', ',', ';', '\r', '\n', '\t']) {
        line.push_str(value);
        return;
    }
    line.push('"');
    if is_formula {
        line.push('\'');
    }
    line.push_str(&value.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_formulas_are_escaped() {
        for (value, expected) in [
            ("Accepted", "Accepted"),
            ("", ""),
            ("https://example.com/?a=1,2", "\"https://example.com/?a=1,2\""),
            ("say \"a\"", "\"say \"\"a\"\"\""),
            (
                "=HYPERLINK(\"https://evil.example\")",
                "\"'=HYPERLINK(\"\"https://evil.example\"\")\"",
            ),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("-1+1", "\"'-1+1\""),
            ("\t=1", "\"'\t=1\""),
            ("＝1", "\"'＝1\""),
        ] {
            let mut line = String::new();
            cell(&mut line, value);
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_line_ends_with_cr_lf() {
        assert_eq!(line(["a", "b,c", ""]), "a,\"b,c\",\r\n");
    }
}
