//! Tables of measurements in a page: each stands between two marks, `<!-- NAME:begin -->` and `<!-- NAME:end -->`, and takes the
//! place of the one before.

use std::fs;
use std::io;
use std::path::Path;

/// Puts a table between the marks of its name. A page without them is an error, and stays as it is.
pub fn insert(page: &Path, name: &str, table: &str) -> io::Result<()> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let of_page =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", page.display()));
    let text = fs::read_to_string(page).map_err(of_page)?;
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        let missing = format!("it has no {begin} and {end}, between which the table goes");
        return Err(of_page(io::Error::other(missing)));
    };
    fs::write(page, format!("{before}{begin}\n{table}{end}{after}")).map_err(of_page)
}

/// The name of the processor, as the system tells it.
pub fn processor() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown processor".into(), |(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_goes_between_its_marks_and_nowhere_else() {
        let page = std::env::temp_dir().join(format!("markers-{}.md", std::process::id()));
        assert!(insert(&page, "bench", "x").is_err());
        fs::write(&page, "a\n<!-- codec:begin -->\n<!-- codec:end -->\n").unwrap();
        let error = insert(&page, "bench", "x").unwrap_err().to_string();
        assert!(error.contains("<!-- bench:begin -->"), "{error}");
        fs::write(&page, "a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n").unwrap();
        insert(&page, "bench", "new\n").unwrap();
        let text = fs::read_to_string(&page).unwrap();
        assert_eq!(text, "a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nb\n");
        fs::remove_file(&page).unwrap();
    }
}
