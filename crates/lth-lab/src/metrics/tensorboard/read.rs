//! Reading event files back.

use prost::encoding::decode_varint;

use super::write::{SIMPLE_VALUE, STEP, SUMMARY, TAG, VALUE, masked_checksum};

/// A number of an event file: its tag, its step and its value.
pub(crate) type ReadScalar = (String, u64, f32);

/// Reads the numbers of an event file back.
///
/// # Errors
/// Says, in words, where a record is cut off or has another checksum.
pub(crate) fn read_event_file(mut bytes: &[u8]) -> Result<Vec<ReadScalar>, String> {
    let length = bytes.len();
    let mut scalars = Vec::new();
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    while !bytes.is_empty() {
        let at = length - bytes.len();
        let payload =
            take_record(&mut bytes).map_err(|reason| format!("the record at byte {at} {reason}"))?;
        read_event(payload, &mut scalars).ok_or_else(|| format!("the record at byte {at} is no event"))?;
    }
    Ok(scalars)
}

/// A record as it was written: length, checksum of the length, payload, checksum of the payload.
pub(super) fn take_record<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let ended = || "is cut off".to_owned();
    let check = |found: [u8; 4], of: &[u8]| {
        let is_right = u32::from_le_bytes(found) == masked_checksum(of);
        is_right.then_some(()).ok_or_else(|| "has another checksum than its content".to_owned())
    };
    let length = bytes.split_off(..8).and_then(|length| length.first_chunk::<8>()).ok_or_else(ended)?;
    check(take_four(bytes).ok_or_else(ended)?, length)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| ended())?;
    let payload = bytes.split_off(..length).ok_or_else(ended)?;
    check(take_four(bytes).ok_or_else(ended)?, payload)?;
    Ok(payload)
}

fn take_four(bytes: &mut &[u8]) -> Option<[u8; 4]> {
    bytes.split_off(..4)?.first_chunk().copied()
}

/// Adds the numbers of an event; `None` when it is none.
fn read_event(mut event: &[u8], scalars: &mut Vec<ReadScalar>) -> Option<()> {
    let mut step = 0;
    while !event.is_empty() {
        match take_field(&mut event)? {
            (STEP, Field::Number(number)) => step = number,
            (SUMMARY, Field::Bytes(mut summary)) => {
                while !summary.is_empty() {
                    let (VALUE, Field::Bytes(mut value)) = take_field(&mut summary)? else { continue };
                    let (mut tag, mut number) = (String::new(), None);
                    while !value.is_empty() {
                        match take_field(&mut value)? {
                            (TAG, Field::Bytes(bytes)) => tag = String::from_utf8(bytes.to_vec()).ok()?,
                            (SIMPLE_VALUE, Field::Four(bytes)) => number = Some(f32::from_le_bytes(bytes)),
                            _ => {}
                        }
                    }
                    // What has none is settings.
                    scalars.extend(number.map(|number| (tag, step, number)));
                }
            }
            _ => {}
        }
    }
    Some(())
}

/// A field of a message, by how it is stored.
pub(super) enum Field<'a> {
    Number(u64),
    Four([u8; 4]),
    Eight,
    Bytes(&'a [u8]),
}

/// The number of the next field, and the field.
pub(super) fn take_field<'a>(message: &mut &'a [u8]) -> Option<(u32, Field<'a>)> {
    let key = decode_varint(message).ok()?;
    let field = match key & 7 {
        0 => Field::Number(decode_varint(message).ok()?),
        1 => message.split_off(..8).map(|_| Field::Eight)?,
        2 => {
            let length = usize::try_from(decode_varint(message).ok()?).ok()?;
            Field::Bytes(message.split_off(..length)?)
        }
        5 => Field::Four(take_four(message)?),
        _ => return None,
    };
    Some((u32::try_from(key >> 3).ok()?, field))
}
