//! [`Code`]: the functions of an ELF, and which instructions call and return.

use elf::{
    ElfBytes, ParseError,
    abi::{PF_X, PT_LOAD, STT_FUNC},
    endian::LittleEndian,
};

use crate::GuestError;

/// Bytes of an instruction: RV32IM has no compressed ones.
const INSTRUCTION_BYTES: u32 = 4;
/// `jalr x0, 0(ra)`: back to the caller.
const RETURN: u32 = 0x0000_8067;
/// Opcode (bits 0 to 6) of `jal`.
const JAL: u32 = 0x6f;
/// Opcode of `jalr`.
const JALR: u32 = 0x67;
/// The register that a call leaves the return address in.
const RETURN_ADDRESS: u32 = 1;

/// What an instruction does to the call stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Nothing.
    Within,
    /// Calls: the next instruction is another function's.
    Call,
    /// Returns to the caller.
    Return,
}

impl Flow {
    /// By the calling convention of RISC-V: a call links `ra`, a return jumps there.
    fn of(instruction: u32) -> Self {
        let opcode = instruction & 0x7f;
        let destination = (instruction >> 7) & 0x1f;
        match opcode {
            JALR if instruction == RETURN => Self::Return,
            JAL | JALR if destination == RETURN_ADDRESS => Self::Call,
            _ => Self::Within,
        }
    }
}

/// The code of a guest.
#[derive(Debug)]
pub struct Code {
    base: u32,
    flow: Vec<Flow>,
    function: Vec<Option<usize>>,
    names: Vec<String>,
}

/// A function symbol: `size` bytes of code from `start` on.
struct Symbol {
    start: u32,
    size: u32,
    name: String,
}

impl Code {
    /// Reads the executable segment and the symbol table.
    pub fn from_elf(bytes: &[u8]) -> Result<Self, GuestError> {
        let elf = ElfBytes::<LittleEndian>::minimal_parse(bytes).map_err(broken)?;
        let (base, text) = text(&elf)?;
        let flow = text.chunks_exact(4).map(|word| Flow::of(u32_le(word))).collect::<Vec<_>>();
        let symbols = symbols(&elf)?;
        let mut function = vec![None; flow.len()];
        for (index, symbol) in symbols.iter().enumerate() {
            let Some(offset) = symbol.start.checked_sub(base) else { continue };
            let from = (offset / INSTRUCTION_BYTES) as usize;
            // A label without a size (written in assembly) covers its first instruction only.
            let count = (symbol.size / INSTRUCTION_BYTES).max(1) as usize;
            function.iter_mut().skip(from).take(count).for_each(|slot| *slot = Some(index));
        }
        let names = symbols.into_iter().map(|symbol| symbol.name).collect();
        Ok(Self { base, flow, function, names })
    }

    /// Functions one after the other from address 0 on, for tests.
    #[cfg(test)]
    pub(crate) fn assembled(functions: &[(&str, &[Flow])]) -> Self {
        let bodies = functions.iter().enumerate();
        let function =
            bodies.flat_map(|(index, (_, body))| vec![Some(index); body.len()]).collect();
        let flow = functions.iter().flat_map(|(_, body)| body.iter().copied()).collect();
        let names = functions.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { base: 0, flow, function, names }
    }

    /// The names of all functions as Rust writes paths, without hashes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the instruction at this address does to the call stack.
    pub fn flow_at(&self, address: u32) -> Flow {
        self.index(address).and_then(|index| self.flow.get(index)).copied().unwrap_or(Flow::Within)
    }

    /// The index in [`Code::names`] of the function at this address.
    pub fn function_at(&self, address: u32) -> Option<usize> {
        self.index(address).and_then(|index| self.function.get(index)).copied().flatten()
    }

    fn index(&self, address: u32) -> Option<usize> {
        Some((address.checked_sub(self.base)? / INSTRUCTION_BYTES) as usize)
    }
}

fn broken(error: ParseError) -> GuestError {
    GuestError::NotAGuest(error.to_string())
}

/// Address and bytes of the executable segment.
fn text<'a>(elf: &ElfBytes<'a, LittleEndian>) -> Result<(u32, &'a [u8]), GuestError> {
    let executable = |segment: &elf::segment::ProgramHeader| {
        segment.p_type == PT_LOAD && segment.p_flags & PF_X != 0
    };
    let segment = elf.segments().and_then(|segments| segments.iter().find(executable));
    let segment = segment.ok_or_else(|| GuestError::NotAGuest("no code".to_owned()))?;
    let base = u32::try_from(segment.p_vaddr)
        .map_err(|_| GuestError::NotAGuest("code beyond 32 bits".to_owned()))?;
    Ok((base, elf.segment_data(&segment).map_err(broken)?))
}

fn symbols(elf: &ElfBytes<'_, LittleEndian>) -> Result<Vec<Symbol>, GuestError> {
    let Some((table, strings)) = elf.symbol_table().map_err(broken)? else {
        return Err(GuestError::NotAGuest(
            "no symbol table: nothing to tell functions by".to_owned(),
        ));
    };
    let mut symbols = Vec::new();
    for entry in table.iter().filter(|entry| entry.st_symtype() == STT_FUNC) {
        let mangled = strings.get(entry.st_name as usize).map_err(broken)?;
        let name = format!("{:#}", rustc_demangle::demangle(mangled));
        if let (Ok(start), Ok(size)) = (entry.st_value.try_into(), entry.st_size.try_into()) {
            symbols.push(Symbol { start, size, name });
        }
    }
    Ok(symbols)
}

fn u32_le(word: &[u8]) -> u32 {
    word.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_returns_are_told_from_jumps() {
        assert_eq!(Flow::of(0x0000_8067), Flow::Return, "ret");
        assert_eq!(Flow::of(0x1000_00ef), Flow::Call, "jal ra, 256");
        assert_eq!(Flow::of(0x0005_00e7), Flow::Call, "jalr ra, 0(a0)");
        assert_eq!(Flow::of(0x1000_006f), Flow::Within, "j 256");
        assert_eq!(Flow::of(0x0005_0067), Flow::Within, "jr a0");
        assert_eq!(Flow::of(0x0000_0013), Flow::Within, "nop");
    }

    #[test]
    fn bytes_that_are_no_elf_are_refused() {
        assert!(matches!(Code::from_elf(b"no elf"), Err(GuestError::NotAGuest(_))));
    }
}
