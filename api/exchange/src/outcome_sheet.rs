//! 结果表 · what a clerk is given back: the refused rows to mend, the accepted ones with the numbers made for them.

use std::collections::{BTreeMap, HashMap, HashSet};

use minzheng_ground::sheets::{Kind, Numbered};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer};
use minzheng_sheet::{CellKind, Column, Format, MendSheet, OutCell, RawRow, RowError, SheetWriter};

use crate::about;
use crate::import::unreadable;
use crate::import_record::CHUNK;
use crate::reader::{Blocks, Reader, Source, Unreadable};

/// Writes the refused rows into an empty file, with what is wrong with them, in the format they came in.
pub fn write_mend<K: Kind>(
    source: &Source<'_>,
    wrong: &BTreeMap<u64, Vec<RowError>>,
    out: std::fs::File,
) -> Result<(), Fault> {
    let mut blocks = Blocks::<K>::open(source).map_err(Fault::internal)?;
    let mut mend = MendSheet::new(out, blocks.info()).map_err(Fault::internal)?;
    for mut block in blocks.by_ref().map_while(Result::ok) {
        block.unfill();
        for row in &block.rows {
            if let Some(errors) = wrong.get(&row.number) {
                mend.add(row, errors).map_err(Fault::internal)?;
            }
        }
    }
    mend.finish().map_err(Fault::internal)?;
    Ok(())
}

/// Writes the outcome sheet into an empty file: the accepted rows, with what is given back under its headers.
pub async fn write_given<K: Kind>(
    kernel: &Kernel,
    viewer: &Viewer,
    source: Source<'_>,
    refused: &HashSet<u64>,
    days: i64,
    (out, format): (std::fs::File, Format),
) -> Result<(), Failure> {
    let failed = |wrong| match wrong {
        Unreadable::Sheet(error) => Failure::from(unreadable(&error, viewer.lang)),
        Unreadable::Failure(failure) => failure,
    };
    let reader = Reader::<K>::open(kernel, viewer, source).await.map_err(failed)?;
    let info = reader.info().clone();
    let mut sheet: Option<SheetWriter<std::fs::File>> = None;
    let mut waiting: (Vec<RawRow>, Vec<Numbered<K::Row>>) = (Vec::new(), Vec::new());
    let mut out = Some(out);
    let mut blocks = reader.blocks().map_err(|error| failed(error.into()))?;
    loop {
        let block = blocks.next();
        let ended = block.is_none();
        if let Some(block) = block {
            let mut block = block.map_err(|error| failed(error.into()))?;
            if let Ok(said) = reader.read(&mut block) {
                let rows = block.rows.into_iter().zip(said).filter(|(raw, _)| !refused.contains(&raw.number));
                for (raw, said) in rows {
                    waiting.1.push(Numbered { number: raw.number, row: said.row });
                    waiting.0.push(raw);
                }
            }
        }
        if !ended && waiting.1.len() < CHUNK {
            continue;
        }
        let (raw, rows) = std::mem::take(&mut waiting);
        let mut given = K::give_back(kernel, viewer, &rows, days).await?;
        if sheet.is_none()
            && let Some(out) = out.take()
        {
            let own = (0..info.headers.len()).filter(|at| !info.is_added(*at)).filter_map(|at| info.headers.get(at));
            let new = K::GIVES.iter().filter(|header| raw.first().is_none_or(|row| row.position(header).is_none()));
            let headers = own.map(String::as_str).chain(new.copied());
            let columns: Vec<Column> = headers.map(|header| Column::optional(header, CellKind::Text)).collect();
            let mut new = SheetWriter::new(out, format, &columns).map_err(Fault::internal)?;
            new.set_title(&about::title::<K>()).map_err(Fault::internal)?;
            sheet = Some(new);
        }
        let Some(writer) = &mut sheet else { break };
        for row in raw {
            let given = given.remove(&row.number).unwrap_or_default();
            let mut places: HashMap<usize, &String> = HashMap::new();
            let mut new: Vec<OutCell<'_>> = Vec::new();
            for (at, header) in K::GIVES.iter().enumerate() {
                let cell = given.get(at);
                match row.position(header) {
                    Some(place) => places.extend(cell.map(|cell| (place, cell))),
                    None => new.push(cell.map(String::as_str).into()),
                }
            }
            let cells = (0..info.headers.len()).filter(|at| !info.is_added(*at)).map(|at| match places.get(&at) {
                Some(cell) => OutCell::from((*cell).clone()),
                None => row.cells.get(at).map(ToString::to_string).into(),
            });
            let cells: Vec<OutCell<'_>> = cells.chain(new).collect();
            writer.row(cells).map_err(Fault::internal)?;
        }
        if ended {
            break;
        }
    }
    if let Some(mut sheet) = sheet {
        sheet.set_about(&about::made::<K>(kernel, viewer, sheet.rows_written())).map_err(Fault::internal)?;
        sheet.finish().map_err(Fault::internal)?;
    }
    Ok(())
}
