//! An accepted cursor encodes to the same text, so it is one that the service could have issued.
#![no_main]

use clearhook::domain::page::{Cursor, ListId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let list = ListId::new("fuzz", []);
    if let Ok(cursor) = Cursor::decode(text, &list) {
        assert_eq!(cursor.encode(&list), text);
        assert_eq!(Cursor::decode(&cursor.encode(&list), &list), Ok(cursor));
    }
});
