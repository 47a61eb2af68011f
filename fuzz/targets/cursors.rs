//! A cursor that is taken is one that a page could have ended with.
#![no_main]

use clearhook::domain::page::Cursor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(cursor) = Cursor::decode(text) {
        assert_eq!(cursor.encode(), text);
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }
});
