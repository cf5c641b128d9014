//! The names of the rules, in the order they came, and when each starts.

use alloy_rlp::{BufMut, Decodable, Encodable, Header as RlpHeader};

/// When a fork's rules start to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activation {
    /// The chain has never had this fork.
    #[default]
    Never,
    /// From this block number on.
    Block(u64),
    /// From the first block with this timestamp (seconds since the Unix epoch) or a later one.
    Timestamp(u64),
}

impl Activation {
    /// Active since genesis.
    pub const GENESIS: Self = Self::Block(0);

    /// Whether a block with this number and timestamp (seconds) is at or after the activation.
    pub const fn is_active(self, number: u64, timestamp: u64) -> bool {
        match self {
            Self::Never => false,
            Self::Block(at) => number >= at,
            Self::Timestamp(at) => timestamp >= at,
        }
    }

    /// Kind (0 never, 1 block, 2 timestamp) and value, as encodings have it.
    pub(crate) const fn parts(self) -> (u8, u64) {
        match self {
            Self::Never => (0, 0),
            Self::Block(at) => (1, at),
            Self::Timestamp(at) => (2, at),
        }
    }
}

/// RLP: a list of kind (0 never, 1 block, 2 timestamp) and value.
impl Encodable for Activation {
    fn encode(&self, out: &mut dyn BufMut) {
        let (kind, at) = self.parts();
        let payload_length = kind.length().saturating_add(at.length());
        RlpHeader { list: true, payload_length }.encode(out);
        kind.encode(out);
        at.encode(out);
    }

    fn length(&self) -> usize {
        let (kind, at) = self.parts();
        let payload_length = kind.length().saturating_add(at.length());
        RlpHeader { list: true, payload_length }.length_with_payload()
    }
}

impl Decodable for Activation {
    fn decode(buf: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let mut payload = RlpHeader::decode_bytes(buf, true)?;
        let kind = u8::decode(&mut payload)?;
        let at = u64::decode(&mut payload)?;
        if !payload.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        match (kind, at) {
            (0, 0) => Ok(Self::Never),
            (1, at) => Ok(Self::Block(at)),
            (2, at) => Ok(Self::Timestamp(at)),
            _ => Err(alloy_rlp::Error::Custom("unknown kind of activation")),
        }
    }
}

macro_rules! forks {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every fork, oldest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
        }
    };
}

forks! {
    /// The forks of Ethereum that change the execution layer, oldest first. The difficulty bombs
    /// (Muir Glacier, Arrow Glacier, Gray Glacier) are left out: they change only the difficulty,
    /// which Seam takes from the header.
    Fork {
        /// The rules of the first block.
        Frontier,
        /// EIP-2, EIP-7.
        Homestead,
        /// The irregular state change of the DAO; a chain that never had it says `Never`.
        Dao,
        /// EIP-150.
        TangerineWhistle,
        /// EIP-155, EIP-160, EIP-161, EIP-170.
        SpuriousDragon,
        /// EIP-100, 140, 196 to 198, 211, 214, 649 and 658.
        Byzantium,
        /// EIP-145, 1014, 1052, 1234 and 1283.
        Constantinople,
        /// Takes EIP-1283 back.
        Petersburg,
        /// EIP-152, 1108, 1344, 1884, 2028 and 2200.
        Istanbul,
        /// EIP-2565, 2718, 2929 and 2930.
        Berlin,
        /// EIP-1559, 3198, 3529 and 3541.
        London,
        /// The merge: EIP-3675 and EIP-4399. By block number.
        Paris,
        /// EIP-3651, 3855, 3860 and 4895.
        Shanghai,
        /// EIP-1153, 4788, 4844, 5656, 6780, 7516.
        Cancun,
        /// EIP-2537, 2935, 6110, 7002, 7251, 7623, 7685, 7691, 7702 and 7840.
        Prague,
        /// EIP-7594, 7823, 7825, 7883, 7892, 7918, 7934, 7939 and 7951.
        Osaka,
    }
}

forks! {
    /// The forks of the OP Stack that change the execution layer, oldest first.
    OpFork {
        /// Deposits, the L1 attributes transaction.
        Bedrock,
        /// Deposits pay for the gas they use.
        Regolith,
        /// Shanghai, EIP-1559 denominator of Canyon.
        Canyon,
        /// Cancun without blobs, L1 fee by blob base fee.
        Ecotone,
        /// L1 fee by FastLZ size, secp256r1.
        Fjord,
        /// Limit on the input of the bn254 pairing.
        Granite,
        /// EIP-1559 parameters in `extraData`.
        Holocene,
        /// Prague, operator fee, withdrawals root.
        Isthmus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn activation_is_by_number_or_by_time() {
        assert!(Activation::Block(5).is_active(5, 0));
        assert!(!Activation::Block(5).is_active(4, u64::MAX));
        assert!(Activation::Timestamp(7).is_active(0, 7));
        assert!(!Activation::Timestamp(7).is_active(u64::MAX, 6));
        assert!(!Activation::Never.is_active(u64::MAX, u64::MAX));
    }

    #[test]
    fn activation_survives_rlp_and_refuses_other_kinds() {
        for activation in [Activation::Never, Activation::Block(3), Activation::Timestamp(1 << 40)]
        {
            let bytes = alloy_rlp::encode(activation);
            assert_eq!(bytes.len(), activation.length());
            assert_eq!(alloy_rlp::decode_exact::<Activation>(&bytes), Ok(activation));
        }
        let unknown = vec![0xc2, 0x03, 0x01];
        assert!(alloy_rlp::decode_exact::<Activation>(&unknown).is_err());
    }
}
