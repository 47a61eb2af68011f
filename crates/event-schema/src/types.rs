//! The types of JSON values, and sets of them.

use serde_json::Value;

use crate::number::Exact;

/// A type, as `type` names it. An integer is also a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Type {
    Null = 1,
    Boolean = 2,
    /// A number without a fraction.
    Integer = 4,
    /// A number with a fraction. `type: number` is this and [`Type::Integer`].
    Fraction = 8,
    String = 16,
    Array = 32,
    Object = 64,
}

/// The types in the order in which sentences name them; null comes last.
const NAMED: [(Type, &str, &str); 7] = [
    (Type::Object, "an object", "objects"),
    (Type::Array, "a list", "lists"),
    (Type::String, "a string", "strings"),
    (Type::Fraction, "a number", "numbers"),
    (Type::Integer, "a whole number", "whole numbers"),
    (Type::Boolean, "true or false", "true and false"),
    (Type::Null, "null", "null"),
];

impl Type {
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if Exact::of(number).is_whole() => Self::Integer,
            Value::Number(_) => Self::Fraction,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

/// What a value is, for a sentence. Every number is "a number".
pub(crate) const fn a_type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A set of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self(127);
    pub(crate) const NUMBERS: Self = Self(Type::Integer as u8 | Type::Fraction as u8);

    /// The set that `type` names with a word.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NONE.and_also(Type::Null),
            "boolean" => Self::NONE.and_also(Type::Boolean),
            "integer" => Self::NONE.and_also(Type::Integer),
            "number" => Self::NUMBERS,
            "string" => Self::NONE.and_also(Type::String),
            "array" => Self::NONE.and_also(Type::Array),
            "object" => Self::NONE.and_also(Type::Object),
            _ => return None,
        })
    }

    pub(crate) const fn and_also(self, one: Type) -> Self {
        Self(self.0 | one as u8)
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn has(self, one: Type) -> bool {
        self.0 & one as u8 != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn bits(self) -> u32 {
        u32::from(self.0)
    }

    pub(crate) const fn len(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        NAMED
            .into_iter()
            .filter(move |(one, ..)| self.has(*one))
            .map(|(one, ..)| Self::NONE.and_also(one))
    }

    /// "an object or null".
    pub(crate) fn one_of_them(self) -> String {
        self.names(|(_, singular, _)| singular).join(" or ")
    }

    /// "strings and null".
    pub(crate) fn all_of_them(self) -> String {
        let names = self.names(|(_, _, plural)| plural);
        match names.split_last() {
            Some((last, [first])) => format!("{first} and {last}"),
            Some((last, rest)) if !rest.is_empty() => format!("{}, and {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }

    fn names(self, pick: impl Fn((Type, &'static str, &'static str)) -> &'static str) -> Vec<&'static str> {
        let mut named: Vec<_> = NAMED.into_iter().filter(|(one, ..)| self.has(*one)).collect();
        if self.has(Type::Fraction) {
            // Whole numbers are among the numbers.
            named.retain(|(one, ..)| *one != Type::Integer);
        }
        named.into_iter().map(pick).collect()
    }
}
