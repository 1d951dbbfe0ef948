//! The value of a setting as text: as it is typed, written into a file, or put on an axis of a sweep.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
    str::FromStr,
};

use lth_model::{Hint, ParseError};

/// A value, or several of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One.
    One(String),
    /// Several, in order.
    List(Vec<String>),
    /// One for each name.
    Map(BTreeMap<String, String>),
}

/// Why a value is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with it.
    pub reason: String,
    /// What would be accepted.
    pub hint: String,
}

impl Refusal {
    /// In these words.
    pub fn new(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { reason: reason.into(), hint: hint.into() }
    }
}

impl From<ParseError> for Refusal {
    fn from(error: ParseError) -> Self {
        Self { reason: error.reason, hint: error.hint }
    }
}

impl Value {
    /// Of one thing.
    pub fn of(value: impl Display) -> Self {
        Self::One(value.to_string())
    }

    /// Of all of these, where there are any.
    pub(super) fn list<T: Display>(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let texts: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        (!texts.is_empty()).then_some(Self::List(texts))
    }

    /// Of each of these by its name, where there are any.
    pub(super) fn map<T: Display>(values: &BTreeMap<String, T>) -> Option<Self> {
        let texts: BTreeMap<String, String> =
            values.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        (!texts.is_empty()).then_some(Self::Map(texts))
    }

    /// With those of another added.
    #[must_use]
    pub fn joined(self, more: Self) -> Self {
        match (self, more) {
            (Self::Map(mut own), Self::Map(more)) => {
                own.extend(more);
                Self::Map(own)
            }
            (own, more) => {
                let mut all = own.texts();
                all.extend(more.texts().into_iter().filter(|text| !own_has(&own, text)));
                Self::List(all)
            }
        }
    }

    /// All of it, in one line.
    pub fn exact(&self) -> String {
        self.texts().join(",")
    }

    /// As a value of a TOML file: what is a number there, or true or false, is written as one.
    pub(crate) fn to_toml(&self) -> String {
        let one = |text: &str| {
            let plain = toml::from_str::<toml::Table>(&format!("x = {text}"));
            let is_plain = plain.is_ok_and(|table| {
                table.len() == 1
                    && matches!(
                        table["x"],
                        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_)
                    )
            });
            if is_plain { text.to_owned() } else { toml::Value::from(text).to_string() }
        };
        let list = |texts: &[String]| texts.iter().map(|text| one(text)).collect::<Vec<_>>().join(", ");
        match self {
            Self::One(text) => one(text),
            Self::List(texts) => format!("[{}]", list(texts)),
            Self::Map(values) => {
                let pairs = values
                    .iter()
                    .map(|(name, text)| format!("{} = {}", toml::Value::from(name.as_str()), one(text)));
                format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Self::One(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
            Self::List(texts) => texts.clone(),
            Self::Map(values) => values.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        }
    }

    /// The one text; several are no value of a setting that takes one.
    pub(super) fn text(&self) -> Result<&str, Refusal> {
        match self {
            Self::One(text) => Ok(text),
            Self::List(_) | Self::Map(_) => Err(Refusal::new("it takes one value", "give one value")),
        }
    }

    /// Read by its type.
    pub(super) fn parse<T: FromStr<Err = ParseError>>(&self) -> Result<T, Refusal> {
        Ok(self.text()?.parse::<T>()?)
    }

    /// The name that a registry knows.
    pub(super) fn name<T, E: Hint + Display>(
        &self,
        find: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Refusal> {
        find(self.text()?).map_err(|error| Refusal::new(error.to_string(), error.hint().unwrap_or_default()))
    }

    /// A whole number of at least so much.
    pub(super) fn whole<T: FromStr + PartialOrd + Display>(&self, least: T) -> Result<T, Refusal> {
        let refused = || Refusal::new(format!("it must be a whole number of at least {least}"), "");
        let value: T = self.text()?.parse().map_err(|_| refused())?;
        if value < least { Err(refused()) } else { Ok(value) }
    }

    /// A finite number in a range that is told in words.
    pub(super) fn number<T: FromStr + Into<f64> + Copy>(
        &self,
        valid: impl Fn(f64) -> bool,
        range: &str,
    ) -> Result<T, Refusal> {
        let refused = || Refusal::new(format!("it must be {range}"), "");
        let value: T = self.text()?.parse().map_err(|_| refused())?;
        let wide: f64 = value.into();
        if wide.is_finite() && valid(wide) { Ok(value) } else { Err(refused()) }
    }

    /// On or off.
    pub(super) fn switch(&self) -> Result<bool, Refusal> {
        match self.text()? {
            "on" | "true" => Ok(true),
            "off" | "false" => Ok(false),
            _ => Err(Refusal::new("it is on or off", "write true or false, or on or off")),
        }
    }

    /// Several, each read by its type.
    pub(super) fn all<T: FromStr<Err = ParseError>>(&self) -> Result<Vec<T>, Refusal> {
        self.texts().iter().map(|text| text.parse::<T>().map_err(Refusal::from)).collect()
    }

    /// Several texts.
    pub(super) fn words(&self) -> Vec<String> {
        self.texts().into_iter().filter(|text| !text.is_empty()).collect()
    }

    /// Several names, each once.
    pub(super) fn set(&self) -> BTreeSet<String> {
        self.words().into_iter().collect()
    }

    /// A value for each name: `fc1=0.3`.
    pub(super) fn by_name<T: FromStr<Err = ParseError>>(&self) -> Result<BTreeMap<String, T>, Refusal> {
        self.words()
            .iter()
            .map(|text| {
                let (name, value) = text
                    .split_once('=')
                    .ok_or_else(|| Refusal::new(format!("'{text}' has no '='"), "for example fc1=0.3"))?;
                Ok((name.trim().to_owned(), value.trim().parse::<T>()?))
            })
            .collect()
    }
}

fn own_has(own: &Value, text: &str) -> bool {
    own.texts().iter().any(|other| other == text)
}

/// As people write it: of several the first and the last where they are many.
impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.texts();
        match (self, &texts[..]) {
            (Self::One(text), _) => f.write_str(text),
            (_, []) => f.write_str("none"),
            (Self::List(_), [first, .., last]) if texts.len() > 3 => write!(f, "{first} to {last}"),
            _ => f.write_str(&texts.join("/")),
        }
    }
}
