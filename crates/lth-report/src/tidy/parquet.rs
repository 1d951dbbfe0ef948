//! As Parquet.

use std::sync::Arc;

use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as PhysicalType},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::{Type, TypePtr},
};

use super::{Column, TidyTable};

impl TidyTable {
    /// The bytes of a Parquet file: texts as UTF-8, whole numbers of 64 bits, numbers as double precision, nothing missing, dictionaries and no
    /// compression.
    pub fn to_parquet(&self) -> Vec<u8> {
        self.write().expect("columns are as the schema has them, and memory takes them")
    }

    fn write(&self) -> Result<Vec<u8>, ParquetError> {
        let fields =
            self.columns.iter().map(|(name, column)| column.field(name)).collect::<Result<_, _>>()?;
        let schema = Arc::new(Type::group_type_builder("results").with_fields(fields).build()?);
        let properties = WriterProperties::builder().set_compression(Compression::UNCOMPRESSED).build();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
        let mut group = writer.next_row_group()?;
        for (_, column) in &self.columns {
            let mut chunk = group.next_column()?.expect("the schema has as many columns");
            match column {
                Column::Text(values) => {
                    let bytes: Vec<ByteArray> = values.iter().map(|text| text.as_str().into()).collect();
                    chunk.typed::<ByteArrayType>().write_batch(&bytes, None, None)?;
                }
                Column::Whole(values) => {
                    chunk.typed::<Int64Type>().write_batch(values, None, None)?;
                }
                Column::Number(values) => {
                    chunk.typed::<DoubleType>().write_batch(values, None, None)?;
                }
            }
            chunk.close()?;
        }
        group.close()?;
        writer.into_inner()
    }
}

impl Column {
    fn field(&self, name: &str) -> Result<TypePtr, ParquetError> {
        let (physical, logical) = match self {
            Self::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            Self::Whole(_) => (PhysicalType::INT64, None),
            Self::Number(_) => (PhysicalType::DOUBLE, None),
        };
        let field = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical);
        Ok(Arc::new(field.build()?))
    }
}
